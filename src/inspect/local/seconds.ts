import { KEPT, type ShownSecond } from './shown.ts';

/** The shortest time that is told from 0, in milliseconds. */
const SHORTEST_MS = 0.01;
/** Steps for each doubling of a time: one is 9% wide. */
const STEPS = 8;
/** The last one is for all that takes longer than 20 minutes. */
const BUCKETS = 27 * STEPS;

/** Figures of the requests that ended in each of the last seconds. A second costs the same, however many they are. */
export class Seconds {
  /** Oldest first; seconds in which nothing ended are left out. */
  readonly #all: ShownSecond[] = [];
  readonly #buckets = new Uint32Array(BUCKETS);
  #second = -1;
  #ended = 0;
  #failed = 0;
  /** How many of the newest the pages have not been told of as they are now. */
  #untold = 0;

  /** A request has ended. */
  add(atMs: number, tookMs: number, hasFailed: boolean): void {
    const second = Math.floor(atMs / 1_000);
    if (second !== this.#second) this.#begin(second);
    this.#ended++;
    if (hasFailed) this.#failed++;
    const at = Math.round(Math.log2(Math.max(tookMs, SHORTEST_MS) / SHORTEST_MS) * STEPS);
    const bucket = Math.min(at, BUCKETS - 1);
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#untold = Math.max(this.#untold, 1);
  }

  /** Time that one request in a hundred of the last full second took longer than; none before. */
  get slowMs(): number | undefined {
    return this.#all.at(-1)?.p99Ms;
  }

  /** All of them. */
  all(): readonly ShownSecond[] {
    return this.#second < 0 ? [] : [...this.#all, this.#current];
  }

  /** Those that have changed since they were taken last. */
  takeChanges(): readonly ShownSecond[] {
    const changes = this.#untold === 0 ? [] : this.all().slice(-this.#untold);
    this.#untold = 0;
    return changes;
  }

  get #current(): ShownSecond {
    const [p50Ms, p99Ms] = [this.#quantile(0.5), this.#quantile(0.99)];
    return { second: this.#second, ended: this.#ended, failed: this.#failed, p50Ms, p99Ms };
  }

  #begin(second: number): void {
    if (this.#second >= 0) this.#all.push(this.#current);
    if (this.#all.length >= KEPT.seconds) this.#all.shift();
    // The one that is over may have changed since it was told.
    this.#untold = Math.min(this.#untold + 1, KEPT.seconds);
    this.#buckets.fill(0);
    this.#second = second;
    this.#ended = 0;
    this.#failed = 0;
  }

  #quantile(share: number): number {
    let left = Math.ceil(this.#ended * share);
    const bucket = this.#buckets.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return SHORTEST_MS * 2 ** (bucket / STEPS);
  }
}
