import type { Clock } from './clock.ts';
import { DeadlineTimer } from './deadline-timer.ts';
import { Heap } from './heap.ts';

/** Something with a deadline: the queue links it into its lists itself, so arming one allocates nothing. */
export interface DeadlineEntry {
  /** Owned by the queue. */
  deadlineBucket: DeadlineBucket | undefined;
  /** Owned by the queue. */
  nextInBucket: DeadlineEntry | undefined;
  /** Owned by the queue. */
  previousInBucket: DeadlineEntry | undefined;
  /** Called once when the deadline has passed and the entry was not disarmed. */
  deadlineReached(): void;
}

/** The entries that are due at one tick. */
export interface DeadlineBucket {
  readonly dueMs: number;
  first: DeadlineEntry | undefined;
}

/** Deadlines nearer than this are kept to the millisecond, others to `COARSE_TICK_MS`. */
const FINE_BELOW_MS = 500;
const COARSE_TICK_MS = 10;
/** So many due times without a bucket may stand in the heap before it is made anew. */
const MAX_STALE = 1000;

/**
 * The deadlines of all requests of a sender, under a single timer. Arming and disarming cost the same however many are
 * armed: entries that are due at the same tick hang in one list, and only the ticks are kept in order (a binary heap).
 * Its memory goes by what is armed now, not by what has been armed within the longest timeout.
 *
 * A deadline is never reached early, and at most one tick plus the timer's own lateness after its time; where the timer
 * was held up, one turn of the event loop later, so that what has arrived by then is read first.
 */
export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #timer: DeadlineTimer;
  readonly #buckets = new Map<number, DeadlineBucket>();
  /** The due times of all buckets; among them some of buckets that are gone. */
  readonly #dueTimes = new Heap<number>((a, b) => a - b);
  /** The bucket that was armed last stays when it is empty: the next entry mostly goes there. */
  #latest: DeadlineBucket | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = new DeadlineTimer(clock, (nowMs) => this.#expire(nowMs));
  }

  /**
   * Arms `entry`, which is not armed yet, for `timeoutMs` after `sinceMs` (monotonic milliseconds, by default now); as a
   * timer of Node's, for one millisecond at least. Does nothing once the queue is stopped.
   */
  arm(entry: DeadlineEntry, timeoutMs: number, sinceMs = this.#clock.monotonicMs()): void {
    if (this.#timer.isStopped) return;
    const tick = timeoutMs < FINE_BELOW_MS ? 1 : COARSE_TICK_MS;
    const dueMs = Math.ceil((this.#timer.timeOf(sinceMs) + Math.max(timeoutMs, 1)) / tick) * tick;
    // Consecutive sends mostly share a tick.
    const bucket = this.#latest?.dueMs === dueMs ? this.#latest : this.#bucketAt(dueMs);
    const { first } = bucket;
    entry.deadlineBucket = bucket;
    entry.nextInBucket = first;
    if (first !== undefined) first.previousInBucket = entry;
    bucket.first = entry;
  }

  /** Disarms `entry`; harmless when it is not armed. */
  disarm(entry: DeadlineEntry): void {
    const bucket = entry.deadlineBucket;
    if (bucket === undefined) return;
    const { nextInBucket: next, previousInBucket: previous } = entry;
    if (previous === undefined) bucket.first = next;
    else previous.nextInBucket = next;
    if (next !== undefined) next.previousInBucket = previous;
    entry.deadlineBucket = undefined;
    entry.nextInBucket = undefined;
    entry.previousInBucket = undefined;
    if (bucket.first === undefined && bucket !== this.#latest) this.#remove(bucket);
  }

  /** Forgets all entries and stops the timer, for good. */
  stop(): void {
    this.#timer.stop();
    this.#buckets.clear();
    this.#dueTimes.replaceBy([]);
    this.#latest = undefined;
  }

  #bucketAt(dueMs: number): DeadlineBucket {
    const before = this.#latest;
    if (before !== undefined && before.first === undefined) this.#remove(before);
    let bucket = this.#buckets.get(dueMs);
    if (bucket === undefined) {
      bucket = { dueMs, first: undefined };
      this.#buckets.set(dueMs, bucket);
      this.#dueTimes.add(dueMs);
      if (dueMs < this.#timer.dueMs) this.#timer.set(dueMs);
    }
    this.#latest = bucket;
    return bucket;
  }

  /** Its due time stays in the heap until its turn comes, or until there are too many of the kind. */
  #remove(bucket: DeadlineBucket): void {
    // After its time, or a stop, another bucket may stand in its place.
    if (this.#buckets.get(bucket.dueMs) !== bucket) return;
    this.#buckets.delete(bucket.dueMs);
    if (this.#dueTimes.size > 2 * this.#buckets.size + MAX_STALE) this.#dueTimes.replaceBy(this.#buckets.keys());
  }

  #expire(nowMs: number): void {
    for (let dueMs = this.#dueTimes.first; dueMs !== undefined; dueMs = this.#dueTimes.first) {
      const bucket = this.#buckets.get(dueMs);
      if (dueMs > nowMs && bucket?.first !== undefined) break;
      this.#dueTimes.removeFirst();
      if (bucket !== undefined) this.#expireBucket(bucket);
    }
    // Whoever was reached may have armed others as well, or have kept the process busy for a while.
    const nextMs = this.#dueTimes.first;
    if (nextMs !== undefined && nextMs < this.#timer.dueMs) this.#timer.set(nextMs, true);
  }

  #expireBucket(bucket: DeadlineBucket): void {
    this.#buckets.delete(bucket.dueMs);
    if (this.#latest === bucket) this.#latest = undefined;
    for (let entry = bucket.first; entry !== undefined; entry = bucket.first) {
      // Whoever was reached may have stopped the queue.
      if (this.#timer.isStopped) return;
      this.disarm(entry);
      entry.deadlineReached();
    }
  }
}
