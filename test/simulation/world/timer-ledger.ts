import type { Clock, TimerHandle } from '../../../src/index.ts';

/** A clock that knows which of the timers that were set through it are still there, but for those of the next turn. */
export class TimerLedger implements Clock {
  readonly #clock: Clock;
  readonly #live = new Set<TimerHandle>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many timers are set. */
  get size(): number {
    return this.#live.size;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    const handle = this.#clock.setTimeout(() => {
      this.#live.delete(handle);
      callback();
    }, delayMs);
    if (delayMs > 0) this.#live.add(handle);
    return handle;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#live.delete(handle);
    this.#clock.clearTimeout(handle);
  }
}
