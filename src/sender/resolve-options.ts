import type { ClientTimings } from '../../machines/client.ts';
import { type Clock, type Defer, deferToEndOfTurn, systemClock } from '../base/clock.ts';
import { hasMethods, isList } from '../base/errors/ask.ts';
import {
  abortSignal,
  callback,
  durationMs,
  flag,
  invalidOption,
  oneOf,
  optionNames,
  wholeNumber,
} from '../base/options/check.ts';
import { type Random, systemRandom } from '../base/random.ts';
import { processWarning, type Warn } from '../base/warn.ts';
import { type ResolvedInspect, resolveInspect } from '../inspect/options.ts';
import type { Codec } from '../protocol/codec/codec.ts';
import { msgpack } from '../protocol/codec/msgpack/msgpack.ts';
import { parseAddress } from '../wire/transport/address.ts';
import { tcpTransport } from '../wire/transport/tcp.ts';
import { tlsTransport } from '../wire/transport/tls.ts';
import type { Transport } from '../wire/transport/transport.ts';
import { type CircuitBreaker, isCircuitBreaker } from './breaker/circuit-breaker.ts';
import {
  type CircuitBreakerOptions,
  type ResolvedCircuitBreakerOptions,
  resolveCircuitBreakerOptions,
} from './breaker/options.ts';
import type { AddressResolver } from './client/address-book.ts';
import type { WhenSlow } from './client/backlog.ts';
import { type ExpectedInfo, resolveExpectedInfo } from './client/expected-info.ts';
import type { UnexpectedResult } from './client/pending-command.ts';
import { type DispatchStrategy, resolveDispatch } from './group/dispatch.ts';
import type { HooksFactory } from './hooks/hooks.ts';
import type { SenderOptions } from './options.ts';
import type { StatusEvent } from './status.ts';

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
  'maxWaitingBytes',
  'maxPending',
  'maxBufferedBytes',
  'whenSlow',
  'maxBufferedResults',
  'maxBufferedResultBytes',
  'maxFrameBytes',
  'dispatch',
  'reconnect',
  'keepalive',
  'handshakeTimeoutMs',
  'drainTimeoutMs',
  'lazy',
  'signal',
  'circuitBreaker',
  'hooks',
  'callSites',
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
  readonly serverInfo: ExpectedInfo;
  readonly transport: Transport;
  readonly timeoutMs: number;
  readonly multiTimeoutMs: number;
  readonly waitForReady: boolean;
  readonly whenFull: 'fail' | 'wait';
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly maxPending: number;
  readonly maxBufferedBytes: number;
  readonly whenSlow: WhenSlow;
  readonly maxBufferedResults: number;
  readonly maxBufferedResultBytes: number;
  readonly maxFrameBytes: number;
  readonly dispatch: DispatchStrategy;
  readonly reconnect: boolean;
  readonly timings: ClientTimings;
  readonly drainTimeoutMs: number;
  readonly lazy: boolean;
  readonly signal: AbortSignal | undefined;
  readonly circuitBreaker: ResolvedCircuitBreakerOptions | CircuitBreaker | undefined;
  readonly hooks: HooksFactory | undefined;
  readonly callSites: boolean;
  readonly onUnexpectedResult: ((result: UnexpectedResult) => void) | undefined;
  readonly onStatus: ((event: StatusEvent) => void) | undefined;
  readonly inspect: ResolvedInspect | undefined;
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
  const timings: ClientTimings = Object.freeze({
    handshakeTimeoutMs: durationMs('handshakeTimeoutMs', options.handshakeTimeoutMs, 10_000),
    keepaliveTimeMs:
      options.keepalive === false ? Number.POSITIVE_INFINITY : durationMs('keepalive.timeMs', keepalive.timeMs, 3_000),
    pingTimeoutMs: durationMs('keepalive.timeoutMs', keepalive.timeoutMs, 3_000),
    drainTimeoutMs,
    lateTimeMs: 3_000,
    backoffInitialMs,
    backoffMaxMs: durationMs('reconnect.maxMs', backoff.maxMs, Math.max(10_000, backoffInitialMs), {
      minMs: backoffInitialMs,
    }),
    backoffFactor: factor,
    backoffResetMs: durationMs('reconnect.resetAfterMs', backoff.resetAfterMs, 1_000),
  });
  return Object.freeze({
    addresses: resolveAddresses(options.address),
    addressRefreshMs: durationMs('addressRefreshMs', options.addressRefreshMs, 30_000, { infinite: true }),
    clients: wholeNumber('clients', options.clients, 1, { max: 1024 }),
    codec: resolveCodec(options.codec),
    serverInfo: resolveExpectedInfo(options.serverInfo),
    transport: resolveTransport(options),
    timeoutMs: durationMs('timeoutMs', options.timeoutMs, 30_000, { infinite: true }),
    multiTimeoutMs: durationMs('multiTimeoutMs', options.multiTimeoutMs, Number.POSITIVE_INFINITY, { infinite: true }),
    waitForReady: flag('waitForReady', options.waitForReady, false),
    whenFull: oneOf('whenFull', options.whenFull, 'fail', ['fail', 'wait']),
    maxWaiting: wholeNumber('maxWaiting', options.maxWaiting, 10_000),
    maxWaitingBytes: wholeNumber('maxWaitingBytes', options.maxWaitingBytes, 16 * 1024 * 1024),
    maxPending: wholeNumber('maxPending', options.maxPending, 100_000),
    maxBufferedBytes: wholeNumber('maxBufferedBytes', options.maxBufferedBytes, 16 * 1024 * 1024),
    whenSlow: oneOf('whenSlow', options.whenSlow, 'pause', ['pause', 'fail']),
    maxBufferedResults: wholeNumber('maxBufferedResults', options.maxBufferedResults, 1_024),
    maxBufferedResultBytes: wholeNumber('maxBufferedResultBytes', options.maxBufferedResultBytes, 16 * 1024 * 1024),
    maxFrameBytes: wholeNumber('maxFrameBytes', options.maxFrameBytes, 4 * 1024 * 1024, { max: 0x7fff_ffff }),
    dispatch: resolveDispatch(options.dispatch),
    reconnect: options.reconnect !== false,
    timings,
    drainTimeoutMs,
    lazy: flag('lazy', options.lazy, false),
    signal: abortSignal('signal', options.signal),
    circuitBreaker: resolveBreaker(options.circuitBreaker),
    hooks: callback('hooks', options.hooks),
    callSites: flag('callSites', options.callSites, false),
    onUnexpectedResult: callback('onUnexpectedResult', options.onUnexpectedResult),
    onStatus: callback('onStatus', options.onStatus),
    inspect: resolveInspect(options.inspect, options.defer),
    clock: resolveClock(options.clock),
    defer: callback('defer', options.defer) ?? deferToEndOfTurn,
    random: callback('random', options.random) ?? systemRandom,
    warn: processWarning,
  });
}

/** A group of options that may also be switched on and off as a whole. */
function group<T extends object>(field: string, value: boolean | T | undefined, names: readonly string[]): Partial<T> {
  if (value === undefined || typeof value === 'boolean') return {};
  if (typeof value !== 'object' || value === null || isList(value)) {
    throw invalidOption(field, 'true, false or an object', value);
  }
  optionNames(`option '${field}'`, value, names);
  return value;
}

function resolveAddresses(address: unknown): readonly string[] | AddressResolver {
  if (typeof address === 'function') return address as AddressResolver;
  const list: readonly unknown[] = isList(address) ? address : [address];
  const accepted = `'host:port', a list of them, or a function that gives either`;
  if (list.length === 0) throw invalidOption('address', accepted, address);
  const addresses = list.map((entry) => {
    if (typeof entry !== 'string') throw invalidOption('address', accepted, entry);
    parseAddress(entry, `option 'address'`);
    return entry;
  });
  return Object.freeze(addresses);
}

function resolveCodec(codec: Codec | undefined): Codec {
  if (codec === undefined) return msgpack();
  if (hasMethods(codec, ['bind'])) return codec;
  throw invalidOption('codec', 'a codec such as msgpack() or json()', codec);
}

function resolveTransport({ transport, tls }: SenderOptions): Transport {
  if (transport === undefined) {
    if (tls === undefined) return tcpTransport();
    if (tls === true || (typeof tls === 'object' && tls !== null)) {
      return tlsTransport({ client: tls === true ? {} : tls });
    }
    throw invalidOption('tls', 'true or client TLS options', tls);
  }
  if (tls !== undefined) throw invalidOption('tls', `left out where 'transport' is given`, tls);
  if (hasMethods(transport, ['connect'])) return transport;
  throw invalidOption('transport', 'a transport such as memoryTransport()', transport);
}

function resolveBreaker(
  breaker: CircuitBreakerOptions | CircuitBreaker | undefined,
): ResolvedCircuitBreakerOptions | CircuitBreaker | undefined {
  if (breaker === undefined || isCircuitBreaker(breaker)) return breaker;
  if (typeof breaker === 'object' && breaker !== null) return resolveCircuitBreakerOptions(breaker, 'circuitBreaker');
  throw invalidOption('circuitBreaker', 'circuit breaker options or a CircuitBreaker', breaker);
}

const CLOCK_METHODS: readonly (keyof Clock)[] = ['now', 'monotonicMs', 'setTimeout', 'clearTimeout'];

function resolveClock(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock;
  if (hasMethods(clock, CLOCK_METHODS)) return clock;
  throw invalidOption('clock', `an object with the methods ${CLOCK_METHODS.join(', ')}`, clock);
}
