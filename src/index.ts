// For everyone who sends or serves Commands.
export { type CircuitBreaker, createCircuitBreaker } from './breaker/circuit-breaker.ts';
export type { CircuitBreakerOptions, CircuitBreakerState, CountsAsFailure } from './breaker/options.ts';
// For those who build on the parts: a sender, a codec, a transport, a dispatch strategy of their own.
export { ByteReader, NEED_MORE } from './bytes/byte-reader.ts';
export { ByteWriter } from './bytes/byte-writer.ts';
export type { AddressResolver } from './client/address-book.ts';
export type { UnexpectedResult } from './client/pending-command.ts';
export { BadPayload, type Codec, type DecodedMessage, type MessageCodec, type MessageSet } from './codec/codec.ts';
export { json } from './codec/json.ts';
export { lengthPrefixed, type PayloadFormat } from './codec/length-prefixed.ts';
export { msgpack } from './codec/msgpack.ts';
export {
  type CauseJson,
  CmdStreamError,
  type CmdStreamErrorCode,
  type CmdStreamErrorDetails,
  type CmdStreamErrorJson,
} from './errors/cmd-stream-error.ts';
export type { CommandFailureKind } from './errors/failure-kind.ts';
export type { DispatchCandidate, DispatchOption, DispatchStrategy } from './group/dispatch.ts';
export type { Group } from './group/group.ts';
export type { GroupTicket, ResultReceiver } from './group/group-send.ts';
export type { ClientStatus, GroupState, GroupStatus } from './group/status.ts';
export { type CircuitBreakerHooksOptions, circuitBreakerHooks } from './hooks/circuit-breaker-hooks.ts';
export { composeHooks } from './hooks/compose-hooks.ts';
export type {
  Hooks,
  HooksFactory,
  ReceivedResult,
  ResolvedSendOptions,
  SendOutcome,
  SentCommand,
} from './hooks/hooks.ts';
export { noopHooks } from './hooks/noop-hooks.ts';
export type { Inspect, InspectionObserver, InspectOptions, Inspector } from './inspect/options.ts';
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
export { createSender } from './sender/create-sender.ts';
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
export { type Clock, type Defer, systemClock, type TimerHandle } from './system/clock.ts';
export type { ProcessHolder } from './system/process-hold.ts';
export type { Random } from './system/random.ts';
export type { CertificateName, PeerCertificate } from './transport/certificate.ts';
export { memoryTransport } from './transport/memory.ts';
export type { Peer, PeerTls } from './transport/peer.ts';
export { tcpTransport } from './transport/tcp.ts';
export { tlsTransport } from './transport/tls.ts';
export type { ClientTlsOptions, ServerTlsOptions } from './transport/tls-options.ts';
export type {
  ByteStream,
  ByteStreamConsumer,
  Listener,
  ListenerEvents,
  ListenOptions,
  Transport,
} from './transport/transport.ts';
