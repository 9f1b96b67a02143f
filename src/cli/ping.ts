import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../base/clock.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { MAX_TIMER_MS } from '../base/options/check.ts';
import { CONNECT_OPTIONS, DEFAULT_TIMEOUT_MS, readConnectOptions } from './connect-options.ts';
import { DirectConnection } from './direct-connection.ts';
import { Interrupt } from './interrupt.ts';
import { type RoundTripSummary, RoundTrips } from './round-trips.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, parseWholeNumber, UsageError } from './usage-error.ts';

/** `cmd-stream ping`: round trips by the protocol's own Ping, which every server answers. */
export async function ping(args: string[], out: Terminal, err: Terminal): Promise<number> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: { ...CONNECT_OPTIONS, count: { type: 'string' }, interval: { type: 'string', default: '1000' } },
  });
  const [address, ...rest] = positionals;
  if (address === undefined || rest.length > 0) throw new UsageError('ping takes one address');
  const { count, interval, json } = values;
  const wanted = count === undefined ? Number.POSITIVE_INFINITY : parseWholeNumber('count', count, 1, 1_000_000_000);
  const intervalMs = parseWholeNumber('interval', interval, 0, MAX_TIMER_MS);
  const options = await readConnectOptions(values, err);
  const connection = await DirectConnection.open(address, options);
  using interrupt = new Interrupt();
  const trips = new RoundTrips();
  try {
    if (!json) out.line(`${address}: connected in ${connection.tookMs.toFixed(1)} ms`);
    await measure(new Pings(connection, options.timeoutMs ?? DEFAULT_TIMEOUT_MS, interrupt.signal), trips, {
      wanted,
      intervalMs,
      signal: interrupt.signal,
      tell: (ms) => {
        if (!json) out.line(`${address}: pong ${trips.received}: ${ms.toFixed(3)} ms`);
        return out.drained();
      },
    });
    return 0;
  } finally {
    const summary = trips.summary();
    if (json) out.json({ address, connectMs: Math.round(connection.tookMs * 1_000) / 1_000, ...summary });
    else showSummary(summary, out);
    await connection.close();
  }
}

interface MeasureOptions {
  readonly wanted: number;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  readonly tell: (ms: number) => Promise<void> | undefined;
}

/** Sends Pings, one after the other, until there are as many as wanted, or the signal fires. */
async function measure(pings: Pings, trips: RoundTrips, options: MeasureOptions): Promise<void> {
  const { wanted, intervalMs, signal, tell } = options;
  while (trips.received < wanted && !signal.aborted) {
    trips.sent++;
    const ms = await pings.send();
    if (ms === undefined) return;
    trips.add(ms);
    await tell(ms);
    if (trips.received < wanted) await delay(intervalMs, undefined, { signal }).catch(() => {});
  }
}

/** The Pings of one connection. */
class Pings {
  readonly #connection: DirectConnection;
  readonly #timeoutMs: number;
  readonly #signal: AbortSignal;
  #lost: CmdStreamError | undefined;
  /** Is called once the Ping that was sent last is answered, or will not be. */
  #settle: () => void = () => {};
  #answeredMs = 0;

  constructor(connection: DirectConnection, timeoutMs: number, signal: AbortSignal) {
    const { address } = connection;
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
    connection.listen({
      frame() {},
      control() {},
      ping: () => {
        this.#answeredMs = systemClock.monotonicMs();
        this.#settle();
      },
    });
    signal.addEventListener('abort', () => this.#settle());
    void connection.gone.then((error) => {
      this.#lost = error ?? new CmdStreamError('connection-lost', `${address} closed the connection`);
      this.#settle();
    });
  }

  /** Sends one. Resolves with the milliseconds to its Pong; with `undefined` where the signal fires before. */
  async send(): Promise<number | undefined> {
    const { channel, address } = this.#connection;
    const sentMs = systemClock.monotonicMs();
    this.#answeredMs = 0;
    const settled = new Promise<void>((resolve) => {
      this.#settle = resolve;
    });
    const timer = systemClock.setTimeout(() => this.#settle(), this.#timeoutMs);
    if (this.#lost === undefined) {
      channel.sendPing();
      await settled;
    }
    systemClock.clearTimeout(timer);
    if (this.#answeredMs > 0) return this.#answeredMs - sentMs;
    if (this.#signal.aborted) return undefined;
    if (this.#lost !== undefined) throw this.#lost;
    throw new CmdStreamError(
      'timeout',
      `${address} did not answer a Ping within ${this.#timeoutMs} ms (option --timeout)`,
    );
  }
}

function showSummary({ sent, received, minMs, avgMs, maxMs, p50Ms, p99Ms }: RoundTripSummary, out: Terminal): void {
  out.line();
  out.line(`${sent} sent, ${received} answered`);
  if (received === 0) return;
  const times = { min: minMs, avg: avgMs, max: maxMs, p50: p50Ms, p99: p99Ms };
  out.line(
    Object.entries(times)
      .map(([name, ms]) => `${name} ${ms?.toFixed(3)} ms`)
      .join('  '),
  );
}
