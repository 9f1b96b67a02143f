import { check, Messages } from './message.ts';
import { percentile } from './statistics.ts';
import type { BenchClient } from './system.ts';

/** How a client is loaded. */
export interface Load {
  /** How many requests are under way at all times. */
  readonly window: number;
  /** The characters of each message's string. */
  readonly stringLength: number;
  readonly durationMs: number;
}

/** What one load gave. */
export interface LoadResult {
  readonly requests: number;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** CPU time of the client's process, user and system. */
  readonly cpuUs: number;
}

/**
 * Keeps `window` requests under way for `durationMs`, and checks each answer. What this costs (an object, two looks at
 * the clock, one `await`, a comparison) is part of every row's figures, and of what its client's CPU time is.
 */
export async function run(client: BenchClient, { window, stringLength, durationMs }: Load): Promise<LoadResult> {
  const messages = new Messages(stringLength);
  const latencies = new Latencies();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  const endMs = startMs + durationMs;

  const keepOneUnderWay = async () => {
    for (let nowMs = performance.now(); nowMs < endMs; ) {
      const message = messages.next();
      const echoed = await client.echo(message);
      check(message, echoed);
      const answeredMs = performance.now();
      latencies.add(answeredMs - nowMs);
      nowMs = answeredMs;
    }
  };
  await Promise.all(Array.from({ length: window }, keepOneUnderWay));

  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const sorted = latencies.sorted();
  return {
    requests: sorted.length,
    elapsedMs,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    maxMs: percentile(sorted, 1),
    cpuUs: user + system,
  };
}

/** Grows by doubling, so that hardly any garbage is made while the clock is running. */
class Latencies {
  #values = new Float64Array(1 << 16);
  #count = 0;

  add(latencyMs: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(2 * this.#count);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#count++] = latencyMs;
  }

  sorted(): Float64Array {
    return this.#values.subarray(0, this.#count).sort();
  }
}
