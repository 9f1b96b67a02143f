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

/** Timers, the earliest first: a binary heap. Cancelled ones stay until their turn comes, or until there are too many. */
export class TimerHeap {
  #heap: Timer[] = [];
  #cancelled = 0;

  /** How many are set. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** The one that is due next, if any. */
  peek(): Timer | undefined {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.callback !== undefined) return first;
      this.#removeFirst();
      this.#cancelled--;
    }
    return undefined;
  }

  /** Takes out the one that {@link peek} shows. */
  removeFirst(): void {
    if (this.peek() !== undefined) this.#removeFirst();
  }

  /** Cancels a timer that was added; harmless for one that has fired. */
  cancel(timer: Timer): void {
    if (timer.callback === undefined) return;
    timer.callback = undefined;
    this.#cancelled++;
    if (this.#cancelled <= MAX_CANCELLED || this.#cancelled * 2 <= this.#heap.length) return;
    // What is sorted is a heap.
    this.#heap = this.#heap.filter(({ callback }) => callback !== undefined).sort(compare);
    this.#cancelled = 0;
  }

  add(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Timer;
      if (compare(above, timer) <= 0) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    const { length } = heap;
    if (last === undefined || length === 0) return;
    let index = 0;
    for (let child = 1; child < length; child = 2 * index + 1) {
      const right = heap[child + 1];
      const smaller = right !== undefined && compare(right, heap[child] as Timer) < 0 ? child + 1 : child;
      const below = heap[smaller] as Timer;
      if (compare(below, last) >= 0) break;
      heap[index] = below;
      index = smaller;
    }
    heap[index] = last;
  }
}

function compare(a: Timer, b: Timer): number {
  return a.dueMs - b.dueMs || a.order - b.order;
}
