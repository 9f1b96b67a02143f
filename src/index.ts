// For everyone who sends or serves Commands.

// For those who build on the parts: a sender, a codec, a transport, a dispatch strategy of their own.
export { ByteReader, NEED_MORE } from './base/bytes/byte-reader.ts';
export { ByteWriter } from './base/bytes/byte-writer.ts';
export { type Clock, type Defer, systemClock, type TimerHandle } from './base/clock.ts';
export {
  type CauseJson,
  CmdStreamError,
  type CmdStreamErrorCode,
  type CmdStreamErrorDetails,
  type CmdStreamErrorJson,
} from './base/errors/cmd-stream-error.ts';
export type { CommandFailureKind } from './base/errors/failure-kind.ts';
export type { ProcessHolder } from './base/process-hold.ts';
export type { Random } from './base/random.ts';
export type { Inspect, InspectionObserver, InspectOptions, Inspector } from './inspect/options.ts';
export {
  BadPayload,
  type Codec,
  type DecodedMessage,
  type MessageCodec,
  type MessageSet,
} from './protocol/codec/codec.ts';
export { json } from './protocol/codec/json/json.ts';
export { lengthPrefixed, type PayloadFormat } from './protocol/codec/length-prefixed.ts';
export { msgpack } from './protocol/codec/msgpack/msgpack.ts';
export { Command } from './protocol/command.ts';
export { CommandFailure, type CommandFailureOptions } from './protocol/command-failure.ts';
export {
  type CommandBuilder,
  type CommandDefinition,
  command,
  type ResultDefinition,
  type ResultOptions,
  result,
  type Schema,
} from './protocol/definitions.ts';
export { defineProtocol, type Protocol, type TaggedResult } from './protocol/protocol.ts';
export { ERROR_RESULT_TYPE, type ErrorResult } from './protocol/reserved.ts';
export { type CircuitBreaker, createCircuitBreaker } from './sender/breaker/circuit-breaker.ts';
export type { CircuitBreakerOptions, CircuitBreakerState, CountsAsFailure } from './sender/breaker/options.ts';
export type { AddressResolver } from './sender/client/address-book.ts';
export type { UnexpectedResult } from './sender/client/pending-command.ts';
export { createSender } from './sender/create-sender.ts';
export type { DispatchCandidate, DispatchOption, DispatchStrategy } from './sender/group/dispatch.ts';
export type { Group } from './sender/group/group.ts';
export type { GroupTicket, ResultReceiver } from './sender/group/group-send.ts';
export type { ClientStatus, GroupState, GroupStatus } from './sender/group/status.ts';
export { type CircuitBreakerHooksOptions, circuitBreakerHooks } from './sender/hooks/circuit-breaker-hooks.ts';
export { composeHooks } from './sender/hooks/compose-hooks.ts';
export type {
  Hooks,
  HooksFactory,
  ReceivedResult,
  ResolvedSendOptions,
  SendOutcome,
  SentCommand,
} from './sender/hooks/hooks.ts';
export { noopHooks } from './sender/hooks/noop-hooks.ts';
export type { BackoffOptions, KeepaliveOptions, SenderOptions } from './sender/options.ts';
export type { MultiSendOptions, SendOptions } from './sender/send-options.ts';
export type { ResultHandler, ResultStream, Sender } from './sender/sender.ts';
export type { CircuitBreakerStatus, StatusEvent, StatusStream } from './sender/status.ts';
export type { Authorize } from './server/authorize.ts';
export type {
  CommandDoneInfo,
  CommandOutcome,
  ConnectionInfo,
  HandlerErrorInfo,
  LostConnectionInfo,
} from './server/callback-infos.ts';
export type { ClientConnection } from './server/client-connection.ts';
export type {
  Handler,
  HandlerContext,
  HandlerOutcome,
  Handlers,
  InvokedCommand,
  Invoker,
  ResultProxy,
} from './server/handlers.ts';
export type { ServerOptions } from './server/options.ts';
export { serve } from './server/serve.ts';
export type { Server, ShutdownOptions } from './server/server.ts';
export type { CertificateName, PeerCertificate } from './wire/transport/certificate.ts';
export { memoryTransport } from './wire/transport/memory.ts';
export type { Peer, PeerTls } from './wire/transport/peer.ts';
export { tcpTransport } from './wire/transport/tcp.ts';
export { tlsTransport } from './wire/transport/tls.ts';
export type { ClientTlsOptions, ServerTlsOptions } from './wire/transport/tls-options.ts';
export type {
  ByteStream,
  ByteStreamConsumer,
  Listener,
  ListenerEvents,
  ListenOptions,
  Transport,
} from './wire/transport/transport.ts';
