/** Buckets per doubling: a percentile is at most some 4% above the truth. */
const PER_DOUBLING = 16;
/** The first bucket ends here. */
const LEAST_MS = 0.01;
const BUCKETS = 24 * PER_DOUBLING;

/** Counts latencies in buckets, so that millions take no more room than a few. */
export class Latencies {
  readonly #buckets = new Uint32Array(BUCKETS);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(latencyMs: number): void {
    const bucket = Math.ceil(Math.log2(Math.max(latencyMs, LEAST_MS) / LEAST_MS) * PER_DOUBLING);
    const index = Math.min(bucket, BUCKETS - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count++;
  }

  /** The latency in milliseconds that the share `share` (0 to 1) stays within; NaN where none was counted. */
  percentile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    let left = Math.max(1, Math.ceil(share * this.#count));
    let index = 0;
    for (; index < BUCKETS; index++) {
      left -= this.#buckets[index] ?? 0;
      if (left <= 0) break;
    }
    return LEAST_MS * 2 ** (index / PER_DOUBLING);
  }
}
