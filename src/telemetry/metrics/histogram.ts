import { listOf } from '../../base/errors/ask.ts';
import { invalidOption } from '../../base/options/check.ts';
import type { HistogramValue } from './family.ts';

/** The bounds that the conventions recommend for calls, in seconds: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics */
const STANDARD_BOUNDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Bounds below those: a call within a data centre takes some of these. */
const FAST_BOUNDS: readonly number[] = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025];

/** Bounds of the buckets of durations: the recommended ones, those and finer ones below them, or one's own, in seconds. */
export type Buckets = 'standard' | 'fast' | readonly number[];

/**
 * Checks bounds.
 * @throws CmdStreamError `invalid-argument`.
 */
export function boundsOf(field: string, buckets: unknown): readonly number[] {
  if (buckets === undefined || buckets === 'standard') return STANDARD_BOUNDS;
  if (buckets === 'fast') return [...FAST_BOUNDS, ...STANDARD_BOUNDS];
  const bounds = listOf(buckets);
  const isAscending = bounds?.every(
    (bound, index) => typeof bound === 'number' && Number.isFinite(bound) && bound > Number(bounds[index - 1] ?? 0),
  );
  if (isAscending && bounds !== undefined && bounds.length <= 200) return Object.freeze(bounds as readonly number[]);
  throw invalidOption(field, `'standard', 'fast' or up to 200 ascending numbers of seconds above 0`, buckets);
}

/** Counts durations by buckets. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #boundsMs: readonly number[];
  readonly #counts: number[];
  #sumMs = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#boundsMs = bounds.map((bound) => bound * 1_000);
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  /** Counts a duration in milliseconds. */
  record(durationMs: number): void {
    const bounds = this.#boundsMs;
    let bucket = 0;
    // Most calls are short: the first bounds are theirs.
    while (bucket < bounds.length && durationMs > (bounds[bucket] as number)) bucket++;
    (this.#counts[bucket] as number)++;
    this.#sumMs += durationMs;
  }

  get value(): HistogramValue {
    const counts = [...this.#counts];
    return {
      bounds: this.#bounds,
      counts,
      sum: this.#sumMs / 1_000,
      count: counts.reduce((sum, count) => sum + count, 0),
    };
  }
}
