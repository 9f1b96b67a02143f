import type { Codec } from '../codec/codec.ts';
import { msgpack } from '../codec/msgpack.ts';
import type { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { type Inspect, type ResolvedInspect, resolveInspect } from '../inspect/options.ts';
import { callback, durationMs, flag, invalidOption, optionNames, wholeNumber } from '../options/check.ts';
import { type Clock, type Defer, deferToEndOfTurn, systemClock } from '../system/clock.ts';
import { tcpTransport } from '../transport/tcp.ts';
import { tlsTransport } from '../transport/tls.ts';
import type { ServerTlsOptions } from '../transport/tls-options.ts';
import type { Transport } from '../transport/transport.ts';
import { resolveServerInfo } from '../wire/server-info.ts';
import { harmless } from './callbacks.ts';
import type { Invoker } from './handlers.ts';

/** A connection, as the server's callbacks see it. */
export interface ConnectionInfo {
  /** Where the client is: `127.0.0.1:51234`. */
  readonly remoteAddress: string;
}

/** A connection that went before the server wanted it to. */
export interface LostConnectionInfo extends ConnectionInfo {
  /** Why; `undefined` where the client closed it in order. */
  readonly error: CmdStreamError | undefined;
}

/** The Command whose handler failed. */
export interface HandlerErrorInfo extends ConnectionInfo {
  /** The name of the Command in the protocol. */
  readonly command: string;
  /** The Command's sequence number at its client. */
  readonly seq: number;
}

/** Options of `serve`. All are optional. Callbacks that throw change nothing; the process gets a warning. */
export interface ServerOptions<Receiver = unknown> {
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
  /** The payload format, the same as the clients'. Default `msgpack()`. */
  readonly codec?: Codec | undefined;
  /** What clients must expect to find here: 1 to 1,024 bytes without `;`. Default `'default'`. */
  readonly serverInfo?: string | undefined;
  /** More connections are closed as soon as they are accepted. Default 10,000. */
  readonly maxConnections?: number | undefined;
  /** Commands in flight on one connection; at this many no more are read from it for a while. Default 10,000. */
  readonly maxInFlightCommands?: number | undefined;
  /** A Command or Result whose payload is longer is refused. Default 4 MiB. */
  readonly maxFrameBytes?: number | undefined;
  /**
   * When so many bytes wait for a client that takes its Results slowly, its generators are not advanced, its Results
   * wait, and no more Commands are read from it. Default 8 MiB.
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Closes a connection from which nothing, not even a Ping, has come for so long, whether or not Commands of it are in
   * flight; noticed at most a quarter later. Also closes one that has taken nothing for so long while `maxBufferedBytes`
   * wait for it. Default `Infinity`: never.
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Whether a Command that fails (its handler throws, its payload is refused) is answered by an error Result, so that the
   * failure is its own alone. Clients of cmd-stream-go do not know that Result and close for good: `false` ends the
   * connection in order instead, as a server of theirs does; whatever else is in flight on it is lost, and a client that
   * reconnects does so. Default `true`.
   */
  readonly errorResults?: boolean | undefined;
  /** How long the TLS handshake of an accepted connection may take. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined;
  /** How long `shutdown()` lets Commands in flight finish where it is not told otherwise; 0: not at all. Default 10,000. */
  readonly shutdownTimeoutMs?: number | undefined;
  /** A client has connected. */
  readonly onConnection?: ((info: ConnectionInfo) => void) | undefined;
  /** A connection went that the server did not close by `shutdown()` or `close()`. */
  readonly onConnectionLost?: ((info: LostConnectionInfo) => void) | undefined;
  /**
   * A connection could not be accepted (out of file descriptors, failed TLS handshake, more than `maxConnections`: told once
   * a second at most); the server goes on.
   */
  readonly onAcceptError?: ((error: CmdStreamError) => void) | undefined;
  /** A handler (or validator, or invoker) threw, or gave a Result that cannot be sent; here is what it threw, stack and all. */
  readonly onHandlerError?: ((error: unknown, info: HandlerErrorInfo) => void) | undefined;
  /** Stands around the execution of every Command. Default: none, at no cost. */
  readonly invoker?: Invoker<Receiver> | undefined;
  /** Where time comes from. Default: the clock of the machine. */
  readonly clock?: Clock | undefined;
  /** When the Results of a turn are written. Default: at the end of the turn of the event loop. */
  readonly defer?: Defer | undefined;
  /**
   * Who watches the statecharts of the server and of its sessions live, as for `createSender`: an XState inspection
   * observer or function, an inspector of `@statelyai/inspect`, `createLocalInspector()` of `cmd-stream/inspect`; or
   * `{ observer, payloads }`. Default: none, at no cost.
   */
  readonly inspect?: Inspect | undefined;
}

/** {@link ServerOptions}, complete and checked. */
export interface ResolvedServerOptions {
  readonly port: number;
  readonly host: string;
  readonly transport: Transport;
  readonly codec: Codec;
  readonly serverInfo: string;
  readonly maxConnections: number;
  readonly maxInFlightCommands: number;
  readonly maxFrameBytes: number;
  readonly maxBufferedBytes: number;
  readonly idleTimeoutMs: number;
  readonly errorResults: boolean;
  readonly handshakeTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  readonly onConnection: (info: ConnectionInfo) => void;
  readonly onConnectionLost: (info: LostConnectionInfo) => void;
  readonly onAcceptError: (error: CmdStreamError) => void;
  readonly onHandlerError: (error: unknown, info: HandlerErrorInfo) => void;
  readonly invoker: Invoker<never> | undefined;
  readonly clock: Clock;
  readonly defer: Defer;
  readonly inspect: ResolvedInspect | undefined;
}

const MEBIBYTE = 1024 * 1024;

const NAMES: readonly (keyof ServerOptions)[] = [
  'port',
  'host',
  'tls',
  'transport',
  'codec',
  'serverInfo',
  'maxConnections',
  'maxInFlightCommands',
  'maxFrameBytes',
  'maxBufferedBytes',
  'idleTimeoutMs',
  'errorResults',
  'handshakeTimeoutMs',
  'shutdownTimeoutMs',
  'onConnection',
  'onConnectionLost',
  'onAcceptError',
  'onHandlerError',
  'invoker',
  'clock',
  'defer',
  'inspect',
];

/**
 * Completes and checks the options of a server.
 * @throws CmdStreamError `invalid-argument` naming the field, what it accepts and what came.
 */
export function resolveServerOptions<Receiver>(options: ServerOptions<Receiver> = {}): ResolvedServerOptions {
  optionNames('the options of serve()', options, NAMES);
  return Object.freeze({
    port: wholeNumber('port', options.port, 0, { min: 0, max: 65_535 }),
    host: host(options.host),
    transport: transport(options),
    codec: withMethods('codec', options.codec, ['bind']) ?? msgpack(),
    serverInfo: resolveServerInfo(options.serverInfo),
    maxConnections: wholeNumber('maxConnections', options.maxConnections, 10_000),
    maxInFlightCommands: wholeNumber('maxInFlightCommands', options.maxInFlightCommands, 10_000),
    maxFrameBytes: wholeNumber('maxFrameBytes', options.maxFrameBytes, 4 * MEBIBYTE),
    maxBufferedBytes: wholeNumber('maxBufferedBytes', options.maxBufferedBytes, 8 * MEBIBYTE),
    idleTimeoutMs: durationMs('idleTimeoutMs', options.idleTimeoutMs, Number.POSITIVE_INFINITY, { infinite: true }),
    errorResults: flag('errorResults', options.errorResults, true),
    handshakeTimeoutMs: durationMs('handshakeTimeoutMs', options.handshakeTimeoutMs, 10_000),
    shutdownTimeoutMs: durationMs('shutdownTimeoutMs', options.shutdownTimeoutMs, 10_000, { minMs: 0 }),
    onConnection: harmless('onConnection', callback('onConnection', options.onConnection)),
    onConnectionLost: harmless('onConnectionLost', callback('onConnectionLost', options.onConnectionLost)),
    onAcceptError: harmless('onAcceptError', callback('onAcceptError', options.onAcceptError)),
    onHandlerError: harmless('onHandlerError', callback('onHandlerError', options.onHandlerError)),
    invoker: callback('invoker', options.invoker),
    clock: withMethods('clock', options.clock, ['now', 'monotonicMs', 'setTimeout', 'clearTimeout']) ?? systemClock,
    defer: callback('defer', options.defer) ?? deferToEndOfTurn,
    inspect: resolveInspect(options.inspect),
  });
}

function host(value: unknown): string {
  if (value === undefined) return '127.0.0.1';
  if (typeof value === 'string' && value !== '') return value;
  throw invalidOption('host', `an address to listen on, such as '127.0.0.1' or '0.0.0.0'`, value);
}

function transport({ tls, transport: own }: Pick<ServerOptions, 'tls' | 'transport'>): Transport {
  if (own === undefined) return tls === undefined ? tcpTransport() : tlsTransport({ server: tls });
  if (tls !== undefined) {
    throw invalidOption('tls', `left out where 'transport' is given: hand it to the transport`, tls);
  }
  return withMethods('transport', own, ['listen']) ?? own;
}

/** An object with these methods, or nothing. */
function withMethods<T extends object>(field: string, value: T | undefined, methods: (keyof T)[]): T | undefined {
  if (value === undefined) return undefined;
  const complete =
    typeof value === 'object' && value !== null && methods.every((method) => typeof value[method] === 'function');
  if (complete) return value;
  throw invalidOption(field, `an object with ${methods.map((name) => `${String(name)}()`).join(', ')}`, value);
}
