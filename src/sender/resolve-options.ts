import type { ClientTimings } from '../../machines/client.ts';
import { deferToEndOfTurn } from '../base/clock.ts';
import { clockOption } from '../base/clock-option.ts';
import { listOf } from '../base/errors/ask.ts';
import { resolveLog } from '../base/log.ts';
import {
  abortSignal,
  callback,
  durationMs,
  givenName,
  invalidOption,
  objectWith,
  wholeNumber,
} from '../base/options/check.ts';
import {
  among,
  count,
  duration,
  MEBIBYTE,
  type OptionTable,
  onOff,
  type Resolved,
  resolveOptions,
} from '../base/options/table.ts';
import { systemRandom } from '../base/random.ts';
import { resolveInspect } from '../inspect/options.ts';
import { msgpack } from '../protocol/codec/msgpack/msgpack.ts';
import { resolveTelemetry } from '../telemetry/option.ts';
import { type Engine, engineOption } from '../wire/engine.ts';
import { checkMetadata, copyMetadata } from '../wire/extension/metadata.ts';
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
import { resolvePropagation } from './call-context.ts';
import type { AddressResolver } from './client/address-book.ts';
import { resolveExpectedInfo } from './client/expected-info.ts';
import type { UnexpectedResult } from './client/pending-command.ts';
import { resolveDispatch } from './group/dispatch.ts';
import type { HooksFactory } from './hooks/hooks.ts';
import type { BackoffOptions, EngineSenderOptions, KeepaliveOptions, SenderOptions } from './options.ts';
import type { StatusEvent } from './status.ts';

const KEEPALIVE = {
  timeMs: duration(3_000),
  timeoutMs: duration(3_000),
} satisfies OptionTable<KeepaliveOptions>;

const BACKOFF = {
  initialMs: duration(100),
  maxMs: (field, value, { initialMs = 100 }) =>
    durationMs(field, value, Math.max(10_000, initialMs), { minMs: initialMs }),
  factor: (field, value = 2) => {
    if (typeof value === 'number' && value >= 1 && value <= 100) return value;
    throw invalidOption(field, 'a number from 1 to 100', value);
  },
  resetAfterMs: duration(1_000),
} satisfies OptionTable<BackoffOptions>;

/** What either kind of options may have. */
type GivenOptions = Omit<SenderOptions, 'address'> &
  Partial<Pick<SenderOptions, 'address'>> & { readonly engine?: Engine | undefined };

const TABLE = {
  engine: engineOption(['address', 'addressRefreshMs', 'serverInfo', 'tls', 'transport']),
  address: (field, value, { engine }) => (engine === undefined ? resolveAddresses(field, value) : engine.addresses),
  name: givenName,
  addressRefreshMs: duration(30_000, { infinite: true }),
  clients: count(1, { max: 1024 }),
  codec: (field, value) => objectWith(field, value, ['bind'], 'a codec such as msgpack() or json()') ?? msgpack(),
  serverInfo: (_field, value) => resolveExpectedInfo(value),
  tls: checkTls,
  transport: resolveTransport,
  timeoutMs: duration(30_000, { infinite: true }),
  multiTimeoutMs: duration(Number.POSITIVE_INFINITY, { infinite: true }),
  waitForReady: onOff(false),
  whenFull: among('fail', ['fail', 'wait']),
  maxWaiting: count(10_000),
  maxWaitingBytes: count(16 * MEBIBYTE),
  maxPending: (field, value, { maxInFlightCommands }) => {
    if (value === undefined || maxInFlightCommands === undefined) return wholeNumber(field, value, 100_000);
    throw invalidOption(field, `left out where 'maxInFlightCommands' is given: it is the older name of that`, value);
  },
  maxInFlightCommands: (field, value, { maxPending }) =>
    wholeNumber(field, value === undefined ? maxPending : value, 100_000),
  maxBufferedBytes: count(16 * MEBIBYTE),
  whenSlow: among('pause', ['pause', 'fail']),
  maxBufferedResults: count(1_024),
  maxBufferedResultBytes: count(16 * MEBIBYTE),
  maxFrameBytes: count(4 * MEBIBYTE, { max: 0x7fff_ffff }),
  metadata: (field, value) => copyMetadata(checkMetadata(field, value)),
  propagate: resolvePropagation,
  dispatch: (_field, value) => resolveDispatch(value),
  reconnect: (field, value) => group(field, value, BACKOFF),
  keepalive: (field, value) => group(field, value, KEEPALIVE),
  handshakeTimeoutMs: duration(10_000),
  drainTimeoutMs: duration(10_000),
  lazy: onOff(false),
  signal: abortSignal,
  circuitBreaker: resolveBreaker,
  hooks: callback<HooksFactory>,
  callSites: onOff(false),
  onUnexpectedResult: callback<(result: UnexpectedResult) => void>,
  telemetry: resolveTelemetry,
  log: resolveLog,
  onStatus: callback<(event: StatusEvent) => void>,
  inspect: (_field, value, { defer }) => resolveInspect(value, defer),
  clock: clockOption,
  defer: (field, value) => callback(field, value) ?? deferToEndOfTurn,
  random: (field, value) => callback(field, value) ?? systemRandom,
} satisfies OptionTable<GivenOptions>;

/** {@link SenderOptions}, complete. */
export interface ResolvedSenderOptions
  extends Omit<Resolved<typeof TABLE>, 'tls' | 'maxPending' | 'reconnect' | 'keepalive' | 'handshakeTimeoutMs'> {
  readonly reconnect: boolean;
  readonly timings: ClientTimings;
}

/** Completes the options, or throws `invalid-argument` for the first that is not acceptable. */
export function resolveSenderOptions(options: SenderOptions | EngineSenderOptions): ResolvedSenderOptions {
  const { maxPending: _, ...resolved } = resolveOptions<GivenOptions, typeof TABLE>(
    'the options of createSender()',
    options,
    TABLE,
  );
  const { keepalive, reconnect, handshakeTimeoutMs, drainTimeoutMs } = resolved;
  const timings: ClientTimings = Object.freeze({
    handshakeTimeoutMs,
    keepaliveTimeMs: options.keepalive === false ? Number.POSITIVE_INFINITY : keepalive.timeMs,
    pingTimeoutMs: keepalive.timeoutMs,
    drainTimeoutMs,
    lateTimeMs: 3_000,
    backoffInitialMs: reconnect.initialMs,
    backoffMaxMs: reconnect.maxMs,
    backoffFactor: reconnect.factor,
    backoffResetMs: reconnect.resetAfterMs,
  });
  return Object.freeze({ ...resolved, reconnect: options.reconnect !== false, timings });
}

/** A group of options that may also be switched on and off as a whole. */
function group<Options extends object, Table extends OptionTable<Options>>(
  field: string,
  value: boolean | Options | undefined,
  table: Table & OptionTable<Options>,
): Resolved<Table> {
  const options = value === undefined || typeof value === 'boolean' ? ({} as Options) : value;
  if (typeof options === 'object' && options !== null && listOf(options) === undefined) {
    return resolveOptions<Options, Table>(`option '${field}'`, options, table, field);
  }
  throw invalidOption(field, 'true, false or an object', value);
}

function resolveAddresses(field: string, address: unknown): readonly string[] | AddressResolver {
  if (typeof address === 'function') return address as AddressResolver;
  const list = listOf(address) ?? [address];
  const accepted = `'host:port', a list of them, or a function that gives either`;
  if (list.length === 0) throw invalidOption(field, accepted, address);
  const addresses = list.map((entry) => {
    if (typeof entry !== 'string') throw invalidOption(field, accepted, entry);
    parseAddress(entry, `option '${field}'`);
    return entry;
  });
  return Object.freeze(addresses);
}

function checkTls(field: string, tls: unknown, { transport }: GivenOptions): void {
  if (tls === undefined) return;
  if (transport !== undefined) throw invalidOption(field, `left out where 'transport' is given`, tls);
  if (tls === true || (typeof tls === 'object' && tls !== null)) return;
  throw invalidOption(field, 'true or client TLS options', tls);
}

function resolveTransport(field: string, transport: Transport | undefined, { tls }: GivenOptions): Transport {
  const own = objectWith(field, transport, ['connect'], 'a transport such as memoryTransport()');
  return own ?? (tls === undefined ? tcpTransport() : tlsTransport({ client: tls === true ? {} : tls }));
}

function resolveBreaker(
  field: string,
  breaker: CircuitBreakerOptions | CircuitBreaker | undefined,
): ResolvedCircuitBreakerOptions | CircuitBreaker | undefined {
  if (breaker === undefined || isCircuitBreaker(breaker)) return breaker;
  if (typeof breaker === 'object' && breaker !== null) return resolveCircuitBreakerOptions(breaker, field);
  throw invalidOption(field, 'circuit breaker options or a CircuitBreaker', breaker);
}
