import type { Clock, TimerHandle } from '../../../src/index.ts';
import type { StallPlan } from '../schedule.ts';

interface Waiting {
  handle: TimerHandle;
}

/** The clock of a process that stands still now and then: time goes on, but no timer fires until the stall is over. */
export class StallingClock implements Clock {
  readonly #clock: Clock;
  readonly #stalls: readonly StallPlan[];

  constructor(clock: Clock, stalls: readonly StallPlan[]) {
    this.#clock = clock;
    this.#stalls = stalls;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    if (this.#stalls.length === 0) return this.#clock.setTimeout(callback, delayMs);
    const waiting: Waiting = { handle: undefined };
    const due = () => {
      const leftMs = this.#stalledForMs();
      if (leftMs > 0) waiting.handle = this.#clock.setTimeout(due, leftMs);
      else callback();
    };
    waiting.handle = this.#clock.setTimeout(due, delayMs);
    return waiting;
  }

  clearTimeout(handle: TimerHandle): void {
    if (this.#stalls.length === 0) this.#clock.clearTimeout(handle);
    else if (handle !== undefined) this.#clock.clearTimeout((handle as Waiting).handle);
  }

  /** How long it still stands still; 0 where it does not. */
  #stalledForMs(): number {
    const nowMs = this.#clock.monotonicMs();
    const stall = this.#stalls.find(({ atMs, forMs }) => atMs <= nowMs && nowMs < atMs + forMs);
    return stall === undefined ? 0 : stall.atMs + stall.forMs - nowMs;
  }
}
