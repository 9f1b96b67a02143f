import { CmdStreamError, createCircuitBreaker, memoryTransport, msgpack, type SenderOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { resolveSenderOptions } from '../../../src/sender/resolve-options.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const address = 'localhost:9000';

function refusal(options: object): CmdStreamError {
  try {
    resolveSenderOptions({ address, ...options } as SenderOptions);
  } catch (error) {
    if (error instanceof CmdStreamError) return error;
    throw error;
  }
  throw new Error('it should have been refused');
}

const DURATION = /a duration in milliseconds from 1 to 2147483647/;
const WHOLE = /a whole number of at least 1/;
const FLAG = /true or false/;
const FUNCTION = /a function/;

/** Every option: what it accepts, and values that it does not. */
const table: Record<keyof SenderOptions, [accepted: RegExp, ...values: unknown[]]> = {
  address: [
    /option 'address' must be 'host:port'/,
    9000,
    '',
    'localhost',
    'localhost:0',
    'localhost:65536',
    [],
    ['ok:1', 'not ok'],
    [1],
    null,
  ],
  name: [/a name of 1 to 64 printable characters/, '', ' a', 'a ', 'a\nb', '\u202eb', 'x'.repeat(65), 7, null],
  addressRefreshMs: [/or Infinity for none/, 0, -1, Number.NaN, '5', 2 ** 31],
  clients: [/a whole number from 1 to 1024/, 0, 1025, 1.5, '4', Number.NaN],
  codec: [/a codec such as msgpack\(\)/, 'msgpack', {}, null, () => undefined],
  serverInfo: [/a text of 1 to 1024 bytes/, '', 'a;b', 7, 'x'.repeat(1025)],
  tls: [/true or client TLS options/, false, 'yes', 1, null],
  transport: [/a transport such as memoryTransport\(\)/, 'tcp', {}, null],
  timeoutMs: [/or Infinity for none/, 0, -1, Number.NaN, '5', 2 ** 31],
  multiTimeoutMs: [/or Infinity for none/, 0, -1, Number.NaN, '5', 2 ** 31],
  waitForReady: [FLAG, 'yes', 1, null],
  whenFull: [/'fail' or 'wait'/, 'drop', true, null],
  maxWaiting: [WHOLE, 0, -1, 0.5, '1', Number.POSITIVE_INFINITY],
  maxWaitingBytes: [WHOLE, 0, -1, 0.5, '1', Number.POSITIVE_INFINITY],
  maxInFlightCommands: [WHOLE, 0, -1, 0.5, '1', Number.POSITIVE_INFINITY],
  maxPending: [WHOLE, 0, -1, 0.5, '1', Number.POSITIVE_INFINITY, null],
  maxBufferedBytes: [WHOLE, 0, -1, 0.5, '1', Number.POSITIVE_INFINITY],
  whenSlow: [/'pause' or 'fail'/, 'wait', true, null],
  maxBufferedResultBytes: [WHOLE, 0, -1, 0.5, '1', Number.POSITIVE_INFINITY],
  maxBufferedResults: [WHOLE, 0, -1, 0.5, '1', Number.POSITIVE_INFINITY],
  maxFrameBytes: [/a whole number from 1 to 2147483647/, 0, -1, 0.5, '1', 2 ** 31],
  metadata: [
    /an object of texts|of keys|a text|of 8000 bytes/,
    'a',
    1,
    null,
    ['a'],
    { A: 'x' },
    { a: 1 },
    { a: 'x'.repeat(8_000) },
    new Date(),
  ],
  propagate: [/a list of keys of metadata, or 'ambient'/, 'all', 1, null, ['A'], [1], {}],
  dispatch: [/'round-robin', 'least-pending' or an object with pick/, 'random', {}, null, () => 0],
  reconnect: [/true, false or an object/, 0, 'yes', null, []],
  keepalive: [/true, false or an object/, 0, 'yes', null, []],
  handshakeTimeoutMs: [DURATION, 0, -1, Number.NaN, '5', Number.POSITIVE_INFINITY],
  drainTimeoutMs: [DURATION, 0, -1, Number.NaN, '5', Number.POSITIVE_INFINITY],
  lazy: [FLAG, 'yes', 1, null],
  signal: [/an AbortSignal/, 'yes', 1, null, {}, { aborted: false }, () => undefined],
  circuitBreaker: [/circuit breaker options or a CircuitBreaker/, true, 'on', null],
  hooks: [FUNCTION, {}, 'noop', null],
  callSites: [FLAG, 'yes', 1, null],
  onUnexpectedResult: [FUNCTION, {}, 'log', null],
  telemetry: [/telemetry such as createMetrics\(\)/, 'otel', {}, 1, null, [{}], () => undefined],
  log: [/a logger with info\(\) and warn\(\)/, 'stdout', {}, null, () => undefined, { info: () => undefined }],
  onStatus: [FUNCTION, {}, 'log', null],
  inspect: [/an inspector, an observer with next\(\), a function or { observer, everyNth, payloads }/, {}, 'all', null],
  clock: [/an object with now\(\), monotonicMs\(\), setTimeout\(\), clearTimeout\(\)/, {}, Date, null],
  defer: [FUNCTION, {}, null],
  random: [FUNCTION, 0.5, null],
};

const noop = () => undefined;

/** The same for the fields of options that are objects. */
const nested: [field: string, wrap: (value: unknown) => object, accepted: RegExp, ...values: unknown[]][] = [
  ['reconnect.initialMs', (initialMs) => ({ reconnect: { initialMs } }), DURATION, 0, -1, '5', Number.NaN],
  ['reconnect.maxMs', (maxMs) => ({ reconnect: { maxMs } }), /milliseconds from 100/, 0, 99, '5', Number.NaN],
  ['reconnect.factor', (factor) => ({ reconnect: { factor } }), /a number from 1 to 100/, 0.9, 101, '2', Number.NaN],
  ['reconnect.resetAfterMs', (resetAfterMs) => ({ reconnect: { resetAfterMs } }), DURATION, 0, -1, '5'],
  ['keepalive.timeMs', (timeMs) => ({ keepalive: { timeMs } }), DURATION, 0, -1, '5', Number.POSITIVE_INFINITY],
  [
    'inspect.observer',
    (observer) => ({ inspect: { observer } }),
    /an inspector or an observer/,
    1,
    null,
    undefined,
    {},
  ],
  ['inspect.everyNth', (everyNth) => ({ inspect: { observer: noop, everyNth } }), WHOLE, 0, 0.5, '1', null],
  ['inspect.payloads', (payloads) => ({ inspect: { observer: noop, payloads } }), FLAG, 'yes', 1, null],
  ['keepalive.timeoutMs', (timeoutMs) => ({ keepalive: { timeoutMs } }), DURATION, 0, -1, '5'],
  ['circuitBreaker.failureRate', (failureRate) => ({ circuitBreaker: { failureRate } }), /a number above 0/, 0, 2],
  ['circuitBreaker.openDurationMs', (openDurationMs) => ({ circuitBreaker: { openDurationMs } }), DURATION, 0],
  ['circuitBreaker.successThreshold', (successThreshold) => ({ circuitBreaker: { successThreshold } }), WHOLE, 0],
  ['circuitBreaker.onStateChange', (onStateChange) => ({ circuitBreaker: { onStateChange } }), FUNCTION, 1],
  ['circuitBreaker.onSuccess', (onSuccess) => ({ circuitBreaker: { onSuccess } }), FUNCTION, 1],
  ['circuitBreaker.onFailure', (onFailure) => ({ circuitBreaker: { onFailure } }), FUNCTION, 1],
  ['circuitBreaker.windowSize', (windowSize) => ({ circuitBreaker: { windowSize } }), /a whole number/, 0, 1.5, '5'],
];

describe('the options of a sender', () => {
  const cases = Object.entries(table).flatMap(([field, [accepted, ...values]]) =>
    values.map((value) => ({ field, accepted, options: { [field]: value }, value })),
  );
  const nestedCases = nested.flatMap(([field, wrap, accepted, ...values]) =>
    values.map((value) => ({ field, accepted, options: wrap(value), value })),
  );

  it.each([...cases, ...nestedCases])('refuse $field: $value', ({ field, accepted, options }) => {
    const { code, message } = refusal(options);
    expect(code).toBe('invalid-argument');
    expect(message).toContain(field);
    expect(message).toMatch(accepted);
    expect(message).toMatch(/; got \S/);
  });

  it.each([
    [{ timeout: 500 }, `has no option 'timeout'; did you mean 'timeoutMs'?`],
    [{ reconnect: { retries: 3 } }, `option 'reconnect' has no option 'retries'; it accepts 'initialMs', `],
    [{ keepalive: { interval: 3 } }, `option 'keepalive' has no option 'interval'; it accepts 'timeMs', `],
    [{ circuitBreaker: { threshold: 3 } }, `option 'circuitBreaker' has no option 'threshold'`],
    [{ inspect: { observer: noop, all: true } }, `option 'inspect' has no option 'all'; it accepts 'observer', `],
    [{ tls: { certificate: 'x' } }, `has no option 'certificate'`],
  ])('refuse names that do not exist: %j', (options, message) => {
    const error = refusal(options);
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toContain(message);
  });

  it.each([undefined, null, 'localhost:9000', 7, []])('must be an object, not %s', (options) => {
    expect(() => resolveSenderOptions(options as never)).toThrow(/must be an object; got/);
  });

  it('need an address', () => {
    expect(() => resolveSenderOptions({} as SenderOptions)).toThrow(/address.*; got undefined/);
  });

  it('refuse TLS beside a transport of the own', () => {
    const { message } = refusal({ tls: true, transport: memoryTransport() });
    expect(message).toBe(`option 'tls' must be left out where 'transport' is given; got true`);
  });

  it('refuse a longest wait that is shorter than the first', () => {
    const { message } = refusal({ reconnect: { initialMs: 500, maxMs: 400 } });
    expect(message).toMatch(/'reconnect.maxMs' must be a duration in milliseconds from 500 to .*; got 400/);
  });

  it('have the documented defaults', () => {
    const { timings, codec: _, transport, ...resolved } = resolveSenderOptions({ address });
    expect(transport.name).toBe('tcp');
    expect(timings).toEqual({
      handshakeTimeoutMs: 10_000,
      keepaliveTimeMs: 3_000,
      pingTimeoutMs: 3_000,
      lateTimeMs: 3_000,
      drainTimeoutMs: 10_000,
      backoffInitialMs: 100,
      backoffMaxMs: 10_000,
      backoffFactor: 2,
      backoffResetMs: 1_000,
    });
    expect(resolved).toMatchObject({
      address: [address],
      addressRefreshMs: 30_000,
      clients: 1,
      serverInfo: { texts: ['default'] },
      timeoutMs: 30_000,
      multiTimeoutMs: Number.POSITIVE_INFINITY,
      waitForReady: false,
      whenFull: 'fail',
      maxWaiting: 10_000,
      maxWaitingBytes: 16 * 1024 * 1024,
      maxInFlightCommands: 100_000,
      maxBufferedBytes: 16 * 1024 * 1024,
      whenSlow: 'pause',
      maxBufferedResults: 1_024,
      maxBufferedResultBytes: 16 * 1024 * 1024,
      maxFrameBytes: 4 * 1024 * 1024,
      reconnect: true,
      drainTimeoutMs: 10_000,
      lazy: false,
      circuitBreaker: undefined,
      hooks: undefined,
      onUnexpectedResult: undefined,
      telemetry: [],
      log: undefined,
      onStatus: undefined,
      inspect: undefined,
    });
  });

  it('are taken as they are given, and the given object stays as it is', () => {
    const breaker = createCircuitBreaker();
    const given: SenderOptions = Object.freeze({
      address: Object.freeze(['a:1', '[::1]:2']),
      name: 'check out',
      addressRefreshMs: Number.POSITIVE_INFINITY,
      clients: 1024,
      codec: msgpack(),
      serverInfo: 'calc',
      transport: memoryTransport(),
      timeoutMs: 1,
      multiTimeoutMs: 2_147_483_647,
      waitForReady: true,
      whenFull: 'wait' as const,
      maxWaiting: 1,
      maxWaitingBytes: 1,
      maxInFlightCommands: 1,
      maxBufferedBytes: 1,
      whenSlow: 'fail' as const,
      maxBufferedResults: 1,
      maxBufferedResultBytes: 1,
      maxFrameBytes: 0x7fff_ffff,
      dispatch: Object.freeze({ pick: <C>(ready: readonly C[]) => ready[0] as C }),
      reconnect: Object.freeze({ initialMs: 1, maxMs: 1, factor: 1, resetAfterMs: 1 }),
      keepalive: Object.freeze({ timeMs: 1, timeoutMs: 1 }),
      metadata: Object.freeze({ token: 't' }),
      propagate: Object.freeze(['tenant']),
      handshakeTimeoutMs: 1,
      drainTimeoutMs: 1,
      lazy: true,
      signal: new AbortController().signal,
      circuitBreaker: breaker,
      hooks: () => ({}),
      callSites: true,
      onUnexpectedResult: () => undefined,
      telemetry: [{ ofSender: () => undefined }],
      log: console,
      onStatus: () => undefined,
      inspect: Object.freeze({ next: () => undefined }),
      clock: new VirtualClock(),
      defer: () => undefined,
      random: () => 0,
    });
    const {
      inspect: _____,
      reconnect: _,
      keepalive: __,
      handshakeTimeoutMs: ___,
      dispatch,
      serverInfo,
      propagate: _______,
      ...same
    } = given;
    const { tls: ____, maxPending: ______, ...every } = table;
    expect(Object.keys(given).sort()).toEqual(Object.keys(every).sort());
    expect(resolveSenderOptions(given)).toMatchObject({
      ...same,
      dispatch,
      serverInfo: { texts: [serverInfo] },
      reconnect: true,
    });
    expect(resolveSenderOptions(given).timings).toEqual({
      handshakeTimeoutMs: 1,
      keepaliveTimeMs: 1,
      pingTimeoutMs: 1,
      lateTimeMs: 3_000,
      drainTimeoutMs: 1,
      backoffInitialMs: 1,
      backoffMaxMs: 1,
      backoffFactor: 1,
      backoffResetMs: 1,
    });
    breaker.stop();
  });

  it('may be undefined, which is as if they were left out', () => {
    const undefineds = Object.fromEntries(Object.keys(table).map((name) => [name, undefined]));
    const { codec: _, transport: __, dispatch: ___, serverInfo: ____, ...left } = resolveSenderOptions({ address });
    expect(resolveSenderOptions({ ...undefineds, address } as SenderOptions)).toMatchObject(left);
    const keepalive = { timeMs: undefined, timeoutMs: undefined };
    const reconnect = { initialMs: undefined, maxMs: undefined, factor: undefined, resetAfterMs: undefined };
    expect(resolveSenderOptions({ address, keepalive, reconnect }).timings).toEqual(left.timings);
    const given = { observer: noop, everyNth: undefined, payloads: undefined };
    expect(resolveSenderOptions({ address, inspect: given }).inspect).toMatchObject({ everyNth: 1 });
  });

  it('switch keepalive and reconnecting on and off as a whole', () => {
    const off = resolveSenderOptions({ address, keepalive: false, reconnect: false });
    expect(off.timings.keepaliveTimeMs).toBe(Number.POSITIVE_INFINITY);
    expect(off.reconnect).toBe(false);
    const on = resolveSenderOptions({ address, keepalive: true, reconnect: true });
    expect(on.timings).toEqual(resolveSenderOptions({ address }).timings);
    expect(on.reconnect).toBe(true);
  });

  it('complete those of the circuit breaker before anything is started', () => {
    expect(resolveSenderOptions({ address, circuitBreaker: {} }).circuitBreaker).toMatchObject({ windowSize: 10 });
  });

  it('come out frozen', () => {
    const resolved = resolveSenderOptions({ address });
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(Object.isFrozen(resolved.timings)).toBe(true);
    expect(Object.isFrozen(resolved.address)).toBe(true);
  });
});

it('takes maxInFlightCommands by its older name, and one of the two', () => {
  const of = (options: Partial<SenderOptions>) => resolveSenderOptions({ address: 'a:1', ...options });
  expect(of({ maxPending: 3 }).maxInFlightCommands).toBe(3);
  expect(of({ maxInFlightCommands: 4 }).maxInFlightCommands).toBe(4);
  expect(() => of({ maxPending: 3, maxInFlightCommands: 3 })).toThrow(
    /'maxPending' must be left out where 'maxInFlight/,
  );
});
