import { setTimeout as delay } from 'node:timers/promises';
import { Latencies } from './latencies.ts';
import { check, type Message, Messages } from './message.ts';
import { percentile } from './statistics.ts';
import type { BenchClient } from './system.ts';
import { usage } from './usage.ts';

/** So many requests under way at all times, for a while. */
export interface WindowLoad {
  readonly kind: 'window';
  readonly window: number;
  /** The characters of each message's string. */
  readonly stringLength: number;
  readonly durationMs: number;
}

/** So many requests at once, with strings of random lengths. */
export interface BurstLoad {
  readonly kind: 'burst';
  readonly requests: number;
  readonly shortest: number;
  readonly longest: number;
}

/** How a client is loaded. */
export type Load = WindowLoad | BurstLoad;

/** What one load gave. */
export interface LoadResult {
  /** The requests that were answered within {@link elapsedMs}. */
  readonly requests: number;
  readonly elapsedMs: number;
  /** All that were answered, those after the end among them: latencies and CPU time are theirs. */
  readonly answered: number;
  /** Those that were still without an answer long after the end. */
  readonly unanswered: number;
  /** Milliseconds from the call to the checked answer; 0 where nothing was answered, as those below. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** CPU time of the client's process, user and system. */
  readonly cpuUs: number;
  /** The most resident memory of the client's process meanwhile. */
  readonly peakBytes: number;
}

/** How long after the end answers are waited for. */
export const WINDOW_DRAIN_MS = 2_000;
export const BURST_DRAIN_MS = 120_000;

/**
 * Loads a client and checks each answer. What this costs (an object, two looks at the clock, one `await`, a comparison) is
 * part of every row's figures, and of what its client's CPU time is.
 * @param drainMs - how long after the end answers are waited for; for tests.
 * @throws Error where an answer is wrong, or a request fails.
 */
export async function run(client: BenchClient, load: Load, drainMs?: number): Promise<LoadResult> {
  const latencies = new Latencies();
  const cpuBefore = usage().cpuUs;
  const counts =
    load.kind === 'window'
      ? await keepWindowFull(client, load, latencies, drainMs ?? WINDOW_DRAIN_MS)
      : await burst(client, load, latencies, drainMs ?? BURST_DRAIN_MS);
  const { cpuUs, peakBytes } = usage();
  const sorted = latencies.sorted();
  return {
    ...counts,
    answered: sorted.length,
    ...(sorted.length === 0 ? NO_LATENCIES : latenciesOf(sorted)),
    cpuUs: cpuUs - cpuBefore,
    peakBytes,
  };
}

function latenciesOf(sorted: ArrayLike<number>) {
  return {
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    p999Ms: percentile(sorted, 0.999),
    maxMs: percentile(sorted, 1),
  };
}

/** Of a load of which nothing was answered: JSON has no NaN. */
const NO_LATENCIES = { p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };

type Counts = Pick<LoadResult, 'requests' | 'elapsedMs' | 'unanswered'>;

async function keepWindowFull(
  client: BenchClient,
  { window, stringLength, durationMs }: WindowLoad,
  latencies: Latencies,
  drainMs: number,
): Promise<Counts> {
  const messages = new Messages(stringLength);
  let inTime = 0;
  let answered = 0;
  let open = 0;
  let lastMs = 0;
  const startMs = performance.now();
  const endMs = startMs + durationMs;

  const keepOneUnderWay = async () => {
    for (let nowMs = performance.now(); nowMs < endMs; ) {
      const message = messages.next();
      open++;
      const echoed = await client.echo(message);
      open--;
      check(message, echoed);
      const answeredMs = performance.now();
      latencies.add(answeredMs - nowMs);
      answered++;
      if (answeredMs <= endMs) inTime++;
      lastMs = answeredMs;
      nowMs = answeredMs;
    }
  };
  await within(durationMs + drainMs, Promise.all(Array.from({ length: window }, keepOneUnderWay)));
  const elapsedMs = lastMs - startMs;
  // Two measures, of which each can only be too low: the one loses what is under way at the end, the other counts the
  // time in which the last few are waited for.
  const untilEnd = { requests: inTime, elapsedMs: durationMs, unanswered: open };
  const untilLast = { requests: answered, elapsedMs, unanswered: open };
  return answered === 0 || inTime / durationMs > answered / elapsedMs ? untilEnd : untilLast;
}

async function burst(
  client: BenchClient,
  { requests, shortest, longest }: BurstLoad,
  latencies: Latencies,
  drainMs: number,
): Promise<Counts> {
  const messages = new Messages(shortest, longest);
  const all = Array.from({ length: requests }, () => messages.next());
  const startMs = performance.now();
  let lastMs = startMs;
  let answered = 0;
  const ask = async (message: Message) => {
    const echoed = await client.echo(message);
    check(message, echoed);
    lastMs = performance.now();
    latencies.add(lastMs - startMs);
    answered++;
  };
  await within(drainMs, Promise.all(all.map(ask)));
  return { requests: answered, elapsedMs: lastMs - startMs, unanswered: requests - answered };
}

/** Waits for `all`, but no longer than `ms`. */
async function within(ms: number, all: Promise<unknown>): Promise<void> {
  const giveUp = new AbortController();
  const late = delay(ms, undefined, { signal: giveUp.signal }).catch(() => {});
  await Promise.race([all, late]).finally(() => giveUp.abort());
}
