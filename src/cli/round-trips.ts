/** Of so many round trips, the last ones, the percentiles are told; of all of them the rest. */
const MAX_KEPT = 100_000;

/** Summary of round trips, in milliseconds; `undefined` where there were none. */
export interface RoundTripSummary {
  readonly sent: number;
  readonly received: number;
  readonly minMs: number | undefined;
  readonly avgMs: number | undefined;
  readonly maxMs: number | undefined;
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Round trips that were measured. */
export class RoundTrips {
  /** How many were begun. */
  sent = 0;
  /** How many came to their end. */
  received = 0;
  #sumMs = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;
  readonly #kept: number[] = [];

  /** One more has come to its end. */
  add(ms: number): void {
    this.#kept[this.received % MAX_KEPT] = ms;
    this.received++;
    this.#sumMs += ms;
    this.#minMs = Math.min(this.#minMs, ms);
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** What they were like, rounded to microseconds. */
  summary(): RoundTripSummary {
    const { sent, received } = this;
    const sorted = Float64Array.from(this.#kept).sort();
    const told = (ms: number) => (received === 0 ? undefined : Math.round(ms * 1_000) / 1_000);
    return {
      sent,
      received,
      minMs: told(this.#minMs),
      avgMs: told(this.#sumMs / received),
      maxMs: told(this.#maxMs),
      p50Ms: told(percentile(sorted, 0.5)),
      p99Ms: told(percentile(sorted, 0.99)),
    };
  }
}

/** The least of the values that so large a share of them does not exceed. */
function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
