import { Heap } from '../../base/heap.ts';

/** Something that is due at a time. */
export interface Timer {
  readonly dueMs: number;
  /** In which order timers were set: decides between those of the same time. */
  readonly order: number;
  /** Gone once the timer has fired or was cancelled. */
  callback: (() => void) | undefined;
}

/** So many cancelled timers may stand in the heap before it is made anew. */
const MAX_CANCELLED = 1000;

/** Timers, the earliest first. Cancelled ones stay until their turn comes, or until there are too many. */
export class TimerHeap {
  readonly #heap = new Heap<Timer>((a, b) => a.dueMs - b.dueMs || a.order - b.order);
  #cancelled = 0;

  /** How many are set. */
  get size(): number {
    return this.#heap.size - this.#cancelled;
  }

  /** The one that is due next, if any. */
  peek(): Timer | undefined {
    for (let first = this.#heap.first; first !== undefined; first = this.#heap.first) {
      if (first.callback !== undefined) return first;
      this.#heap.removeFirst();
      this.#cancelled--;
    }
    return undefined;
  }

  /** Takes out the one that {@link peek} shows. */
  removeFirst(): void {
    if (this.peek() !== undefined) this.#heap.removeFirst();
  }

  /** Cancels a timer that was added; harmless for one that has fired. */
  cancel(timer: Timer): void {
    if (timer.callback === undefined) return;
    timer.callback = undefined;
    this.#cancelled++;
    if (this.#cancelled <= MAX_CANCELLED || this.#cancelled * 2 <= this.#heap.size) return;
    this.#heap.replaceBy([...this.#heap].filter(({ callback }) => callback !== undefined));
    this.#cancelled = 0;
  }

  add(timer: Timer): void {
    this.#heap.add(timer);
  }
}
