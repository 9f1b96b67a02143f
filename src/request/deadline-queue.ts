import { MAX_TIMER_MS } from '../options/check.ts';
import type { Clock, TimerHandle } from '../system/clock.ts';

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

/**
 * The deadlines of all requests of a sender, under a single timer. Arming and disarming cost the same however many are
 * armed: entries that are due at the same tick hang in one list, and only the ticks are kept in order (a binary heap).
 * A deadline is never reached early, and at most one tick plus the timer's own lateness after its time.
 */
export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #onTimer = () => this.#expire();
  readonly #buckets = new Map<number, DeadlineBucket>();
  /** The due times of all buckets, as a binary heap. */
  readonly #heap: number[] = [];
  #latest: DeadlineBucket | undefined;
  #timer: TimerHandle;
  #timerDueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a timer is running. */
  get active(): boolean {
    return this.#timer !== undefined;
  }

  /** Arms `entry` for `timeoutMs` from now; the entry is not armed yet. */
  arm(entry: DeadlineEntry, timeoutMs: number): void {
    const tick = timeoutMs < FINE_BELOW_MS ? 1 : COARSE_TICK_MS;
    const dueMs = Math.ceil((this.#clock.monotonicMs() + timeoutMs) / tick) * tick;
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
  }

  /** Forgets all entries and stops the timer. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    this.#buckets.clear();
    this.#heap.length = 0;
    this.#latest = undefined;
  }

  #bucketAt(dueMs: number): DeadlineBucket {
    let bucket = this.#buckets.get(dueMs);
    if (bucket === undefined) {
      bucket = { dueMs, first: undefined };
      this.#buckets.set(dueMs, bucket);
      pushHeap(this.#heap, dueMs);
      if (dueMs < this.#timerDueMs) this.#schedule(dueMs);
    }
    this.#latest = bucket;
    return bucket;
  }

  #schedule(dueMs: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    const delayMs = Math.ceil(dueMs - this.#clock.monotonicMs());
    this.#timer = this.#clock.setTimeout(this.#onTimer, Math.min(Math.max(delayMs, 1), MAX_TIMER_MS));
  }

  #expire(): void {
    this.#timer = undefined;
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.monotonicMs();
    const heap = this.#heap;
    for (let dueMs = heap[0]; dueMs !== undefined; dueMs = heap[0]) {
      const bucket = this.#buckets.get(dueMs) as DeadlineBucket;
      if (dueMs > nowMs && bucket.first !== undefined) break;
      popHeap(heap);
      this.#buckets.delete(dueMs);
      if (this.#latest === bucket) this.#latest = undefined;
      for (let entry = bucket.first; entry !== undefined; entry = bucket.first) {
        this.disarm(entry);
        entry.deadlineReached();
      }
    }
    const nextMs = heap[0];
    if (nextMs !== undefined && nextMs < this.#timerDueMs) this.#schedule(nextMs);
  }
}

function pushHeap(heap: number[], value: number): void {
  let index = heap.length;
  heap.push(value);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as number;
    if (above <= value) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = value;
}

function popHeap(heap: number[]): void {
  const last = heap.pop();
  const length = heap.length;
  if (last === undefined || length === 0) return;
  let index = 0;
  for (let child = 1; child < length; child = 2 * index + 1) {
    const left = heap[child] as number;
    const right = heap[child + 1];
    const smaller = right !== undefined && right < left ? child + 1 : child;
    const below = heap[smaller] as number;
    if (below >= last) break;
    heap[index] = below;
    index = smaller;
  }
  heap[index] = last;
}
