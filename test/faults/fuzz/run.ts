import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Range } from './check.ts';

/** What to run. */
export interface FuzzOptions {
  readonly seed: number;
  /** The first case. */
  readonly from?: number;
  readonly cases: number;
  /** Told now and then, and at the end. */
  readonly onProgress?: (progress: FuzzProgress) => void;
}

/** How far a run is. */
export interface FuzzProgress {
  readonly done: number;
  readonly cases: number;
  readonly elapsedMs: number;
}

/** What a run has shown. */
export interface FuzzSummary {
  readonly cases: number;
  readonly elapsedMs: number;
  readonly bytes: number;
  /** How many cases ended so. */
  readonly ends: ReadonlyMap<string, number>;
  /** How many cases there were of each format and side. */
  readonly targets: ReadonlyMap<string, number>;
  readonly mostKeptMemory: number;
  /** By how much the memory in use (heap and buffers, after collecting) has grown from a tenth of the run to its end. */
  readonly grownBytes: number;
  /** The most resident memory that was seen. */
  readonly mostResidentBytes: number;
}

const PROGRESS_EVERY_MS = 1_000;

/**
 * Puts many cases through.
 * @throws Error for the first that breaks a promise, and for an unhandled rejection.
 */
export async function fuzz({ seed, from = 0, cases, onProgress }: FuzzOptions): Promise<FuzzSummary> {
  await using range = await Range.open();
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  // Errors by the hundred thousand: their stacks would cost the most. A case that is run again alone has them.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const startMs = performance.now();
  const ends = new Map<string, number>();
  const targets = new Map<string, number>();
  let [bytes, mostKeptMemory, mostResidentBytes, usedBytes, toldMs] = [0, 0, 0, 0, startMs];
  const warmUp = Math.floor(cases / 10);
  try {
    for (let done = 0; done < cases; done++) {
      const checked = await range.check(seed, from + done);
      count(ends, checked.end);
      count(targets, `${checked.format} at the ${checked.side}`);
      bytes += checked.bytes;
      mostKeptMemory = Math.max(mostKeptMemory, checked.keptMemory);
      if (unhandled.length > 0) throw new Error(`case ${from + done}: unhandled rejection`, { cause: unhandled[0] });
      if (done === warmUp) usedBytes = memoryInUse();
      if (done % 256 !== 0) continue;
      mostResidentBytes = Math.max(mostResidentBytes, process.memoryUsage.rss());
      if (performance.now() - toldMs < PROGRESS_EVERY_MS) continue;
      toldMs = performance.now();
      onProgress?.({ done, cases, elapsedMs: toldMs - startMs });
    }
  } finally {
    process.off('unhandledRejection', onUnhandled);
    Error.stackTraceLimit = stackTraceLimit;
  }
  const elapsedMs = performance.now() - startMs;
  const grownBytes = memoryInUse() - usedBytes;
  return { cases, elapsedMs, bytes, ends, targets, mostKeptMemory, grownBytes, mostResidentBytes };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

let collect: (() => void) | undefined;

/** The bytes in use once what is not needed has been collected. */
export function memoryInUse(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
