import { type Clock, type Defer, deferToEndOfTurn } from '../base/clock.ts';
import { clockOption } from '../base/clock-option.ts';
import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { type Log, resolveLog } from '../base/log.ts';
import { heapLimitBytes } from '../base/memory.ts';
import { callback, durationMs, givenName, invalidOption, objectWith, wholeNumber } from '../base/options/check.ts';
import {
  count,
  duration,
  MEBIBYTE,
  type OptionTable,
  onOff,
  type Resolved,
  resolveOptions,
} from '../base/options/table.ts';
import { checkedRandom, type Random, systemRandom } from '../base/random.ts';
import { processWarnings } from '../base/warnings.ts';
import { type Inspect, resolveInspect } from '../inspect/options.ts';
import type { Codec } from '../protocol/codec/codec.ts';
import { msgpack } from '../protocol/codec/msgpack/msgpack.ts';
import { resolveTelemetry } from '../telemetry/option.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type Engine, engineOption } from '../wire/engine.ts';
import { resolveServerInfo } from '../wire/server-info.ts';
import type { Peer } from '../wire/transport/peer.ts';
import { tcpTransport } from '../wire/transport/tcp.ts';
import { tlsTransport } from '../wire/transport/tls.ts';
import type { ServerTlsOptions } from '../wire/transport/tls-options.ts';
import type { Transport } from '../wire/transport/transport.ts';
import type { Authorize } from './authorize.ts';
import type {
  CommandDoneInfo,
  CommandOutcome,
  ConnectionInfo,
  HandlerErrorInfo,
  LostConnectionInfo,
} from './callback-infos.ts';
import { harmless, harmlessIfGiven, warnOfHandler } from './callbacks.ts';
import type { Invoker } from './handlers.ts';

/** Options of `serve`. All are optional. Callbacks that throw change nothing; the process gets a warning. */
export interface ServerOptions<Receiver = unknown> {
  /**
   * Name of the server, for people: 1 to 64 printable characters. It stands in lines of the log, in errors, in the inspector, in
   * `cmd-stream status`, and as the attribute `cmd_stream.name` of metrics. Default: none.
   */
  readonly name?: string | undefined;
  /** The TCP port, 0 to 65535. Default 0: any free one, see `server.port`. */
  readonly port?: number | undefined;
  /**
   * The address to listen on. Default `'127.0.0.1'`: whoever reaches the port may send Commands, so that the server is
   * open to other machines only where that is said: `'0.0.0.0'` (IPv4) or `'::'` (IPv6 and IPv4).
   */
  readonly host?: string | undefined;
  /** Speaks TLS, with this certificate and key; `requestCert` and `ca` make it mutual. Default: plain TCP. */
  readonly tls?: ServerTlsOptions | undefined;
  /** How connections come about; excludes `tls`. Default: TCP. */
  readonly transport?: Transport | undefined;
  /**
   * Way of Commands beside byte streams: `natsEngine()` of `cmd-stream/nats`, the same as the clients'. Excludes `port`, `host`,
   * `tls`, `transport`, `serverInfo`, `authorize`, `goClients` and `maxConnectionAgeMs`. Default: none.
   */
  readonly engine?: Engine | undefined;
  /** The payload format, the same as the clients'. Default `msgpack()`. */
  readonly codec?: Codec | undefined;
  /** Name that clients must expect to find here: 1 to 1,024 bytes without `;`. Default `'default'`. */
  readonly serverInfo?: string | undefined;
  /** More connections are closed as soon as they are accepted, and told to `onAcceptError`. Default 10,000. */
  readonly maxConnections?: number | undefined;
  /** Commands in flight on one connection; those beyond wait, undecoded, until others are answered. Default 1,000. */
  readonly maxInFlightCommands?: number | undefined;
  /**
   * The memory for Commands in flight on one connection, in bytes: of each about what its decoded payload takes, and 1.5 KiB.
   * Those beyond wait, undecoded; one alone may take more. Default 64 MiB.
   */
  readonly maxInFlightBytes?: number | undefined;
  /**
   * The memory for all connections together, in bytes: Commands in flight, Commands that wait or have come in part, Results
   * that wait. A connection may hold as much as is left over, so that those that hold most are stopped first and there is
   * room for others; whatever the others hold, 16 KiB. Beyond it Commands are answered by `overloaded`, and Results that
   * wait for clients that do not read are dropped. Default: a quarter of what the heap of the process may grow to.
   */
  readonly maxTotalBytes?: number | undefined;
  /**
   * Once the Commands of one connection that wait at these limits have so many bytes, further ones are answered at once by
   * an error of the code `overloaded` (`mayHaveExecuted: false`). With `goClients` nothing more is read from the
   * connection in place of that. Default 8 MiB.
   */
  readonly maxQueuedBytes?: number | undefined;
  /**
   * A Command or Result whose payload is longer is refused, and fails alone. So is a Command that would take 16 times as much
   * memory once it is read. Default 4 MiB.
   */
  readonly maxFrameBytes?: number | undefined;
  /**
   * When so many bytes wait for a client that takes its Results slowly, its generators are not advanced, its Results
   * wait, and no more Commands are read from it. Default 8 MiB.
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Closes a connection from which nothing, not even a Ping, has come for so long, whether or not Commands of it are in
   * flight; noticed at most a quarter later. Where the option is given it also closes one that has taken nothing for so long
   * while `maxBufferedBytes` wait for it. Default 60,000: clients of the library send a Ping every 3 s. `Infinity`, never, is for
   * clients that are silent on purpose: those with `keepalive: false`, those of cmd-stream-go that have no `WithKeepalive`.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * How long a Command may take to arrive from its first byte to its last, beside a second for each 64 KiB that have come of
   * it: its connection is closed then, so that what is left unfinished does not fill the memory. Noticed at most a quarter
   * later. Default 30,000; `Infinity`: for ever.
   */
  readonly frameTimeoutMs?: number | undefined;
  /**
   * How long a connection may last, in milliseconds, less or more by a random tenth: its client is told goodbye then, dials anew at
   * once, sends there what was not taken here, and has what is in flight answered over the old connection. So clients spread again
   * over servers that have been added, and come to be asked for new certificates. A client that has no wire extension (one of
   * version 0.1.0, any with `goClients`) cannot be told: its connection is left as it is. Default `Infinity`: for ever.
   */
  readonly maxConnectionAgeMs?: number | undefined;
  /**
   * How long Commands in flight on a connection of that age may take before it is closed: their sends fail with `connection-lost`,
   * `mayHaveExecuted: true`, and `onConnectionLost` is told. Default `Infinity`: as long as they take.
   */
  readonly maxConnectionAgeGraceMs?: number | undefined;
  /**
   * Push-back: after how many milliseconds callers are asked to try again whose Commands were refused, since the server is full or
   * shuts down: `retryAfterMs` of their errors (`overloaded`, `closed`). What is more than an hour counts as an hour. Default: none.
   */
  readonly retryAfterMs?: number | undefined;
  /**
   * Whether clients of cmd-stream-go may come: nothing is said or expected then that those do not know. A Command that fails
   * (its handler throws, its payload is refused) is not answered by an error Result: its connection ends in order instead,
   * as a server of theirs does it; whatever else is in flight on it is lost, and a client that reconnects does so. And the
   * server offers no wire extension: it knows nothing of deadlines, metadata and callers who give up. Without it a client of
   * cmd-stream-go fails at its first connect, since it compares the ServerInfo byte for byte. Default `false`.
   */
  readonly goClients?: boolean | undefined;
  /**
   * Whether a client that has no protocol (`cmd-stream ls`) and asks what there is is told more than the names: the payload of each
   * Command, where its validator gives JSON Schema (Standard JSON Schema: zod, valibot, arktype), and which Results answer it.
   * And `cmd-stream status` is told how many connections and Commands in flight there are, and since when it serves.
   * What does not fit in 64 KiB is left out. With `false` the names are told and nothing else, with `goClients` nothing at all. Default `true`.
   */
  readonly describe?: boolean | undefined;
  /** How long the TLS handshake of an accepted connection may take. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** How long `shutdown()` lets Commands in flight finish where it is not told otherwise; 0: not at all. Default 10,000. */
  readonly shutdownTimeoutMs?: number | undefined;
  /**
   * Decision on who may come in: asked for each client once its connection, and its TLS, is there, before the client is told anything and
   * before anything is read from it. Only `true`, or a promise of it, lets it in. Where it returns anything else, throws,
   * rejects, or has not answered within `handshakeTimeoutMs`, the connection is closed and `onAcceptError` told of it. The
   * connection counts for `maxConnections` meanwhile. Default: whoever reaches the port, or, with `tls.requestCert`,
   * whose certificate is good.
   */
  readonly authorize?: Authorize | undefined;
  /** A client has connected, and may come in. */
  readonly onConnection?: ((info: ConnectionInfo) => void) | undefined;
  /** A connection went that the server did not close by `shutdown()` or `close()`; or it spoke TLS, HTTP or the like. */
  readonly onConnectionLost?: ((info: LostConnectionInfo) => void) | undefined;
  /**
   * A connection could not be accepted (out of file descriptors, failed TLS handshake, a certificate that is refused,
   * more than `maxConnections`: told once a second at most), or its client was refused by `authorize`: an error of the code
   * `refused`. The server goes on.
   *
   * @param peer - who it was, where that is known.
   */
  readonly onAcceptError?: ((error: CmdStreamError, peer: Peer | undefined) => void) | undefined;
  /**
   * A handler (or validator, or invoker) threw, or gave a Result that cannot be sent; here is what it threw, stack and all.
   * Not told of a `CommandFailure`, which is an answer, nor of an `overloaded` with `retryAfterMs`. Default: a warning of the process with the Command's name, the error's
   * id and the stack, at most once a second for each Command.
   */
  readonly onHandlerError?: ((error: unknown, info: HandlerErrorInfo) => void) | undefined;
  /**
   * Whether clients are told the message of whatever a handler (or validator, or invoker) threw. With `false` they are told
   * 'the handler failed' and an id that `onHandlerError` gets as well, except where something was thrown for them: a
   * `CommandFailure`, or a `CmdStreamError` of the code `command-failed`, `command-invalid`, `refused`, `overloaded` or
   * `frame-too-large`, without `mayHaveExecuted`, that no send of the handler's own failed with. Default `false`.
   */
  readonly exposeErrors?: boolean | undefined;
  /**
   * Every Command that arrived comes to its end here, exactly once: for metrics. Also those that were refused, streams, and
   * those whose client has gone (their handlers may still run); not those that still waited, undecoded, when it went.
   *
   * @param outcome - `'success'`, or the error that ended it.
   * @param results - how many Results were sent; the error Result is none.
   * @param durationMs - milliseconds since it arrived; of one that had to wait, since its wait was over.
   */
  readonly onCommandDone?:
    | ((info: CommandDoneInfo, outcome: CommandOutcome, results: number, durationMs: number) => void)
    | undefined;
  /**
   * Watches all Commands and connections of the server: `createMetrics()` of `cmd-stream/metrics`, or a {@link Telemetry} of your own; one or
   * a list. Default: none, at no cost.
   */
  readonly telemetry?: Telemetry | readonly Telemetry[] | undefined;
  /**
   * Gets a line for each connection that is accepted (`info()`), lost in the middle, or refused (`warn()`): `console`, or a logger of pino's kind. No
   * payloads. Default: none.
   */
  readonly log?: Log | undefined;
  /** Stands around the execution of every Command. Default: none, at no cost. */
  readonly invoker?: Invoker<Receiver> | undefined;
  /** Where time comes from. Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
  /** When the Results of a turn are written. Default: at the end of the turn of the event loop. */
  readonly defer?: Defer | undefined;
  /** For tests: where the ids of errors and the ages of connections come from, a number from 0 to below 1. */
  readonly random?: Random | undefined;
  /**
   * Inspector that watches the statecharts of the server and of its sessions live, as for `createSender`: an XState inspection
   * observer or function, an inspector of `@statelyai/inspect`, `createLocalInspector()` of `cmd-stream/inspect`; or
   * `{ observer, payloads }`. Default: none, at no cost.
   */
  readonly inspect?: Inspect | undefined;
}

const TABLE = {
  engine: engineOption([
    'port',
    'host',
    'tls',
    'transport',
    'serverInfo',
    'authorize',
    'goClients',
    'maxConnectionAgeMs',
  ]),
  name: givenName,
  port: count(0, { min: 0, max: 65_535 }),
  host,
  tls: (field, tls, { transport }) => {
    if (tls === undefined || transport === undefined) return;
    throw invalidOption(field, `left out where 'transport' is given: hand it to the transport`, tls);
  },
  transport: (field, own, { tls }) =>
    objectWith(field, own, ['listen']) ?? (tls === undefined ? tcpTransport() : tlsTransport({ server: tls })),
  codec: (field, value) => objectWith(field, value, ['bind']) ?? msgpack(),
  serverInfo: (_field, value) => resolveServerInfo(value),
  maxConnections: count(10_000),
  maxInFlightCommands: count(1_000),
  maxInFlightBytes: count(64 * MEBIBYTE),
  maxTotalBytes: (field, value) => wholeNumber(field, value, Math.floor(heapLimitBytes() / 4)),
  maxQueuedBytes: count(8 * MEBIBYTE),
  maxFrameBytes: count(4 * MEBIBYTE),
  maxBufferedBytes: count(8 * MEBIBYTE),
  idleTimeoutMs: duration(60_000, { infinite: true }),
  frameTimeoutMs: duration(30_000, { infinite: true }),
  maxConnectionAgeMs: duration(Number.POSITIVE_INFINITY, { infinite: true }),
  maxConnectionAgeGraceMs: duration(Number.POSITIVE_INFINITY, { infinite: true }),
  retryAfterMs: (field, value) => (value === undefined ? undefined : durationMs(field, value, 0, { minMs: 0 })),
  goClients: onOff(false),
  describe: onOff(true),
  handshakeTimeoutMs: duration(10_000),
  shutdownTimeoutMs: duration(10_000, { minMs: 0 }),
  authorize: callback<Authorize>,
  onConnection: (field, value) => harmless(field, callback(field, value)),
  onConnectionLost: (field, value) => harmless(field, callback(field, value)),
  onAcceptError: (field, value) => harmless(field, callback(field, value)),
  onHandlerError: (field, value) => harmless(field, callback(field, value) ?? warnOfHandler()),
  exposeErrors: onOff(false),
  onCommandDone: (field, value) => harmlessIfGiven(field, callback(field, value)),
  telemetry: resolveTelemetry,
  log: resolveLog,
  invoker: callback<Invoker<never>>,
  clock: clockOption,
  defer: (field, value) => callback(field, value) ?? deferToEndOfTurn,
  random: (field, value) => checkedRandom(callback(field, value) ?? systemRandom, processWarnings),
  inspect: (_field, value, { defer }) => resolveInspect(value, defer),
} satisfies OptionTable<ServerOptions<never>>;

/** {@link ServerOptions}, complete and checked. */
export interface ResolvedServerOptions extends Omit<Resolved<typeof TABLE>, 'tls'> {
  /** The same as `idleTimeoutMs` for connections that are not read, since the client does not take what there is for it. */
  readonly stalledTimeoutMs: number;
  /** Whether Commands that fail are answered by error Results. */
  readonly errorResults: boolean;
}

/**
 * Completes and checks the options of a server.
 * @throws CmdStreamError `invalid-argument` naming the field, what it accepts and what came.
 */
export function resolveServerOptions<Receiver>(options: ServerOptions<Receiver> = {}): ResolvedServerOptions {
  const resolved = resolveOptions<ServerOptions<never>, typeof TABLE>('the options of serve()', options, TABLE);
  // A slow consumer may take its time; that its machine is gone shows by what is written to it.
  return Object.freeze({
    ...resolved,
    stalledTimeoutMs: options.idleTimeoutMs ?? Number.POSITIVE_INFINITY,
    errorResults: !resolved.goClients,
  });
}

function host(field: string, value: unknown): string {
  if (value === undefined) return '127.0.0.1';
  if (typeof value === 'string' && value !== '') return value;
  throw invalidOption(field, `an address to listen on, such as '127.0.0.1' or '0.0.0.0'`, value);
}
