import type { ClientTimings } from '../../machines/client.ts';
import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from '../breaker/options.ts';
import type { AddressResolver } from '../client/address-book.ts';
import type { UnexpectedResult } from '../client/pending-command.ts';
import type { Codec } from '../codec/codec.ts';
import { msgpack } from '../codec/msgpack.ts';
import { type DispatchOption, type DispatchStrategy, resolveDispatch } from '../group/dispatch.ts';
import type { HooksFactory } from '../hooks/hooks.ts';
import { callback, durationMs, flag, invalidOption, oneOf, optionNames, wholeNumber } from '../options/check.ts';
import type { Inspect } from '../system/actor-root.ts';
import { type Clock, type Defer, deferToEndOfTurn, systemClock } from '../system/clock.ts';
import { type Random, systemRandom } from '../system/random.ts';
import { processWarning, type Warn } from '../system/warn.ts';
import { parseAddress } from '../transport/address.ts';
import { tcpTransport } from '../transport/tcp.ts';
import { tlsTransport } from '../transport/tls.ts';
import type { ClientTlsOptions } from '../transport/tls-options.ts';
import type { Transport } from '../transport/transport.ts';
import { resolveServerInfo } from '../wire/server-info.ts';
import type { StatusEvent } from './status.ts';

/** How a client finds out that its peer has gone silent. */
export interface KeepaliveOptions {
  /** A Ping is sent when nothing has arrived for so long. Default 3000. */
  readonly timeMs?: number;
  /** The connection is lost when the Ping is not answered within this time. Default 3000. */
  readonly timeoutMs?: number;
}

/**
 * How long clients wait before they dial again: a random time up to a bound, which starts at `initialMs`, grows by
 * `factor` with each attempt, and never passes `maxMs` (exponential backoff with full jitter).
 */
export interface BackoffOptions {
  /** Default 100. */
  readonly initialMs?: number;
  /** Default 10 000. */
  readonly maxMs?: number;
  /** Default 2. */
  readonly factor?: number;
  /** A connection that has lived so long sets the bound back to `initialMs`. Default 1000. */
  readonly resetAfterMs?: number;
}

/** Options of {@link createSender}. Durations are in milliseconds, sizes in bytes. */
export interface SenderOptions {
  /**
   * Where the service is: `'host:port'` (`'[::1]:9000'` for IPv6), several of them, or a function that finds out: it is
   * asked at the start, whenever a connection fails, and every `addressRefreshMs`.
   */
  readonly address: string | readonly string[] | AddressResolver;
  /** How often an address function is asked although nothing failed; Infinity: never. Default 30 000. */
  readonly addressRefreshMs?: number;
  /** How many connections to keep; they are spread over the addresses. Default 1. */
  readonly clients?: number;
  /** The payload format; the server's must be the same. Default `msgpack()`. */
  readonly codec?: Codec;
  /** The ServerInfo that the server must introduce itself with. Default `'default'`. */
  readonly serverInfo?: string;
  /** Encrypts the connections; `true` for the defaults of Node, or certificates and more. Default: plain TCP. */
  readonly tls?: ClientTlsOptions | true;
  /** Another way to reach the server, for instance `memoryTransport()`. Excludes `tls`. */
  readonly transport?: Transport;

  /** The deadline of a `send` that does not bring its own, from its call on; Infinity: none. Default 30 000. */
  readonly timeoutMs?: number;
  /** The same for `sendMulti`, over all Results. Default Infinity. */
  readonly multiTimeoutMs?: number;
  /** Whether sends wait for a ready client, bounded by their deadline, in place of failing at once. Default false. */
  readonly waitForReady?: boolean;
  /** What a send does when every ready client is full: `'fail'` with `overloaded`, or `'wait'`. Default `'fail'`. */
  readonly whenFull?: 'fail' | 'wait';
  /** How many sends may wait for a ready client or for room. Default 10 000. */
  readonly maxWaiting?: number;
  /** How many Commands may wait for Results at each client. Default 100 000. */
  readonly maxPending?: number;
  /** How many bytes may wait to be written at each client. Default 16 MiB. */
  readonly maxBufferedBytes?: number;
  /** How many Results of one stream may wait for their consumer. Default 1024. */
  readonly maxBufferedResults?: number;
  /** The longest frame that is sent or accepted. Default 4 MiB. */
  readonly maxFrameBytes?: number;

  /** How the client for a Command is chosen among those that are ready. Default `'round-robin'`. */
  readonly dispatch?: DispatchOption;
  /** Whether a lost connection is opened again, and how patiently. Default true. */
  readonly reconnect?: boolean | BackoffOptions;
  /** Whether silent peers are found out. Default true. */
  readonly keepalive?: boolean | KeepaliveOptions;
  /** For dialling, TLS and ServerInfo together. Default 10 000. */
  readonly handshakeTimeoutMs?: number;
  /** How long `drain`, `closeAndWait` and `await using` wait for Results that are under way. Default 10 000. */
  readonly drainTimeoutMs?: number;
  /** `true`: do not wait for a connection in `createSender`; it then never fails for want of one. Default false. */
  readonly lazy?: boolean;

  /** Fails sends at once while the service is down: its settings, or a breaker shared with others. Default: none. */
  readonly circuitBreaker?: CircuitBreakerOptions | CircuitBreaker;
  /** Makes the hooks of each send; the circuit breaker is asked before them. Default: none. */
  readonly hooks?: HooksFactory;
  /** Gets Results that nobody waits for any more. Default: they are dropped. */
  readonly onUnexpectedResult?: (result: UnexpectedResult) => void;
  /** Gets each change of the group, its clients and the breaker. */
  readonly onStatus?: (event: StatusEvent) => void;
  /** An XState inspection observer: sees every actor, every request included. Costs speed. Default: none. */
  readonly inspect?: Inspect;

  /** For tests: time. */
  readonly clock?: Clock;
  /** For tests: the end of a turn. */
  readonly defer?: Defer;
  /** For tests: the jitter of waits. */
  readonly random?: Random;
}

const NAMES: readonly (keyof SenderOptions)[] = [
  'address',
  'addressRefreshMs',
  'clients',
  'codec',
  'serverInfo',
  'tls',
  'transport',
  'timeoutMs',
  'multiTimeoutMs',
  'waitForReady',
  'whenFull',
  'maxWaiting',
  'maxPending',
  'maxBufferedBytes',
  'maxBufferedResults',
  'maxFrameBytes',
  'dispatch',
  'reconnect',
  'keepalive',
  'handshakeTimeoutMs',
  'drainTimeoutMs',
  'lazy',
  'circuitBreaker',
  'hooks',
  'onUnexpectedResult',
  'onStatus',
  'inspect',
  'clock',
  'defer',
  'random',
];

/** {@link SenderOptions}, complete. */
export interface ResolvedSenderOptions {
  readonly addresses: readonly string[] | AddressResolver;
  readonly addressRefreshMs: number;
  readonly clients: number;
  readonly codec: Codec;
  readonly serverInfo: string;
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly multiTimeoutMs: number;
  readonly waitForReady: boolean;
  readonly whenFull: 'fail' | 'wait';
  readonly maxWaiting: number;
  readonly maxPending: number;
  readonly maxBufferedBytes: number;
  readonly maxBufferedResults: number;
  readonly maxFrameBytes: number;
  readonly dispatch: DispatchStrategy;
  readonly reconnect: boolean;
  readonly timings: ClientTimings;
  readonly drainTimeoutMs: number;
  readonly lazy: boolean;
  readonly circuitBreaker: CircuitBreakerOptions | CircuitBreaker | undefined;
  readonly hooks: HooksFactory | undefined;
  readonly onUnexpectedResult: ((result: UnexpectedResult) => void) | undefined;
  readonly onStatus: ((event: StatusEvent) => void) | undefined;
  readonly inspect: Inspect | undefined;
  readonly clock: Clock;
  readonly defer: Defer;
  readonly random: Random;
  readonly warn: Warn;
}

/** Completes the options, or throws `invalid-argument` for the first that is not acceptable. */
export function resolveSenderOptions(options: SenderOptions): ResolvedSenderOptions {
  optionNames('the options of createSender()', options, NAMES);
  const keepalive = group('keepalive', options.keepalive, ['timeMs', 'timeoutMs']);
  const backoff = group('reconnect', options.reconnect, ['initialMs', 'maxMs', 'factor', 'resetAfterMs']);
  const { factor = 2 } = backoff;
  if (typeof factor !== 'number' || !(factor >= 1 && factor <= 100)) {
    throw invalidOption('reconnect.factor', 'a number from 1 to 100', factor);
  }
  const backoffInitialMs = durationMs('reconnect.initialMs', backoff.initialMs, 100);
  const drainTimeoutMs = durationMs('drainTimeoutMs', options.drainTimeoutMs, 10_000);
  const timings: ClientTimings = {
    handshakeTimeoutMs: durationMs('handshakeTimeoutMs', options.handshakeTimeoutMs, 10_000),
    keepaliveTimeMs:
      options.keepalive === false ? Number.POSITIVE_INFINITY : durationMs('keepalive.timeMs', keepalive.timeMs, 3_000),
    pingTimeoutMs: durationMs('keepalive.timeoutMs', keepalive.timeoutMs, 3_000),
    drainTimeoutMs,
    backoffInitialMs,
    backoffMaxMs: durationMs('reconnect.maxMs', backoff.maxMs, Math.max(10_000, backoffInitialMs), {
      minMs: backoffInitialMs,
    }),
    backoffFactor: factor,
    backoffResetMs: durationMs('reconnect.resetAfterMs', backoff.resetAfterMs, 1_000),
  };
  return Object.freeze({
    addresses: resolveAddresses(options.address),
    addressRefreshMs: durationMs('addressRefreshMs', options.addressRefreshMs, 30_000, { infinite: true }),
    clients: wholeNumber('clients', options.clients, 1, { max: 1024 }),
    codec: resolveCodec(options.codec),
    serverInfo: resolveServerInfo(options.serverInfo),
    transport: resolveTransport(options),
    timeoutMs: durationMs('timeoutMs', options.timeoutMs, 30_000, { infinite: true }),
    multiTimeoutMs: durationMs('multiTimeoutMs', options.multiTimeoutMs, Number.POSITIVE_INFINITY, { infinite: true }),
    waitForReady: flag('waitForReady', options.waitForReady, false),
    whenFull: oneOf('whenFull', options.whenFull, 'fail', ['fail', 'wait']),
    maxWaiting: wholeNumber('maxWaiting', options.maxWaiting, 10_000),
    maxPending: wholeNumber('maxPending', options.maxPending, 100_000),
    maxBufferedBytes: wholeNumber('maxBufferedBytes', options.maxBufferedBytes, 16 * 1024 * 1024),
    maxBufferedResults: wholeNumber('maxBufferedResults', options.maxBufferedResults, 1_024),
    maxFrameBytes: wholeNumber('maxFrameBytes', options.maxFrameBytes, 4 * 1024 * 1024, { max: 0x7fff_ffff }),
    dispatch: resolveDispatch(options.dispatch),
    reconnect: options.reconnect !== false,
    timings,
    drainTimeoutMs,
    lazy: flag('lazy', options.lazy, false),
    circuitBreaker: resolveBreaker(options.circuitBreaker),
    hooks: callback('hooks', options.hooks),
    onUnexpectedResult: callback('onUnexpectedResult', options.onUnexpectedResult),
    onStatus: callback('onStatus', options.onStatus),
    inspect: options.inspect,
    clock: options.clock ?? systemClock,
    defer: options.defer ?? deferToEndOfTurn,
    random: options.random ?? systemRandom,
    warn: processWarning,
  });
}

/** A group of options that may also be switched on and off as a whole. */
function group<T extends object>(field: string, value: boolean | T | undefined, names: readonly string[]): Partial<T> {
  if (value === undefined || typeof value === 'boolean') return {};
  optionNames(`option '${field}'`, value, names);
  return value;
}

function resolveAddresses(address: unknown): readonly string[] | AddressResolver {
  if (typeof address === 'function') return address as AddressResolver;
  const list: readonly unknown[] = Array.isArray(address) ? address : [address];
  const accepted = `'host:port', a list of them, or a function that gives such a list`;
  if (list.length === 0) throw invalidOption('address', accepted, address);
  return list.map((entry) => {
    if (typeof entry !== 'string') throw invalidOption('address', accepted, entry);
    parseAddress(entry);
    return entry;
  });
}

function resolveCodec(codec: Codec | undefined): Codec {
  if (codec === undefined) return msgpack();
  if (typeof codec === 'object' && codec !== null && typeof codec.bind === 'function') return codec;
  throw invalidOption('codec', 'a codec such as msgpack() or json()', codec);
}

function resolveTransport({ transport, tls }: SenderOptions): Transport {
  if (transport === undefined)
    return tls === undefined ? tcpTransport() : tlsTransport({ client: tls === true ? {} : tls });
  if (tls !== undefined) throw invalidOption('tls', `left out where 'transport' is given`, tls);
  if (typeof transport?.connect === 'function') return transport;
  throw invalidOption('transport', 'a transport such as memoryTransport()', transport);
}

function resolveBreaker(
  breaker: CircuitBreakerOptions | CircuitBreaker | undefined,
): CircuitBreakerOptions | CircuitBreaker | undefined {
  if (breaker === undefined || breaker instanceof CircuitBreaker) return breaker;
  if (typeof breaker === 'object' && breaker !== null) return breaker;
  throw invalidOption('circuitBreaker', 'circuit breaker options or a CircuitBreaker', breaker);
}
