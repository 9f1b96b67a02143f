// For everyone who sends or serves Commands.

export type { ClientPhase } from '../machines/client-parts.ts';
export { type Clock, type Defer, systemClock, type TimerHandle } from './base/clock.ts';
export {
  type CauseJson,
  CmdStreamError,
  type CmdStreamErrorCode,
  type CmdStreamErrorDetails,
  type CmdStreamErrorJson,
} from './base/errors/cmd-stream-error.ts';
export type { PathStep } from './base/errors/error-path.ts';
export type { CommandFailureKind } from './base/errors/failure-kind.ts';
export type { Log } from './base/log.ts';
export type { DrainOptions } from './base/options/drain-options.ts';
export type { Random } from './base/random.ts';
export type {
  InspectedActor,
  InspectedFact,
  InspectedMessage,
  InspectionEvent,
  InspectionFunction,
  InspectionListener,
} from './inspect/events.ts';
export type { Inspect, InspectionObserver, InspectOptions, Inspector } from './inspect/options.ts';
export type { Codec } from './protocol/codec/codec.ts';
export { type JsonOptions, json } from './protocol/codec/json/json.ts';
export { msgpack } from './protocol/codec/msgpack/msgpack.ts';
export type { Command, SingleCommand, StreamCommand } from './protocol/command.ts';
export { CommandFailure, type CommandFailureOptions } from './protocol/command-failure.ts';
export {
  type CommandBuilder,
  type CommandDefinition,
  command,
  type OneResult,
  type ResultDefinition,
  type ResultOptions,
  result,
  type Schema,
  type SeveralResults,
} from './protocol/definitions.ts';
export {
  type AnyProtocol,
  type CommandMaker,
  type CommandNameOf,
  type CommandOf,
  type Commands,
  type CommandsOf,
  defineProtocol,
  type HandlerValue,
  type InputOf,
  type MadeCommand,
  type PayloadOf,
  type Protocol,
  type ResultInput,
  type ResultNamesOf,
  type ResultOutput,
  type Results,
  type ResultsOf,
  type SendValue,
  type SingleCommandOf,
  type TaggedResult,
  type ValueOf,
} from './protocol/protocol.ts';
export { type CircuitBreaker, createCircuitBreaker } from './sender/breaker/circuit-breaker.ts';
export type { CircuitBreakerOptions, CircuitBreakerState, CountsAsFailure } from './sender/breaker/options.ts';
export type { CircuitBreakerListener } from './sender/breaker/state-changes.ts';
export type { CallContext } from './sender/call-context.ts';
export type { AddressResolver } from './sender/client/address-book.ts';
export type { UnexpectedResult } from './sender/client/pending-command.ts';
export { createSender } from './sender/create-sender.ts';
export type { ClientGroup, GroupTicket } from './sender/group/client-group.ts';
export type { DispatchCandidate, DispatchOption, DispatchStrategy } from './sender/group/dispatch.ts';
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
export type { BackoffOptions, EngineSenderOptions, KeepaliveOptions, SenderOptions } from './sender/options.ts';
export type { ResultReceiver } from './sender/request/direct-request.ts';
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
  NoStrangers,
  ResultProxy,
} from './server/handlers.ts';
export type { ServerOptions } from './server/options.ts';
export { serve } from './server/serve.ts';
export type { Server } from './server/server.ts';
export type { ExecuteMessage, SendMessage, StatusMessage } from './telemetry/channels.ts';
export type {
  ArrivedCommand,
  ClientChange,
  CommandSpan,
  Outcome,
  SenderFigures,
  SenderTelemetry,
  SendSpan,
  ServerFigures,
  ServerTelemetry,
  Telemetry,
  WatchedProtocol,
  WatchedSend,
  WatchedSender,
  WatchedServer,
} from './telemetry/telemetry.ts';
export type { Engine } from './wire/engine.ts';
export type { Metadata } from './wire/extension/metadata.ts';
export type { CertificateName, PeerCertificate } from './wire/transport/certificate.ts';
export { type MemoryOptions, memoryTransport } from './wire/transport/memory.ts';
export type { Peer, PeerTls } from './wire/transport/peer.ts';
export { type TcpOptions, tcpTransport } from './wire/transport/tcp.ts';
export { type TlsTransportOptions, tlsTransport } from './wire/transport/tls.ts';
export type { ClientTlsOptions, Pem, ServerTlsOptions, TlsIdentityOptions } from './wire/transport/tls-options.ts';
export type { Transport } from './wire/transport/transport.ts';
