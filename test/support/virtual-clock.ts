import { MAX_TIMER_MS } from '../../src/options/check.ts';
import type { Clock, Defer, TimerHandle } from '../../src/system/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * A clock whose time stands still until a test moves it. It steps from timer to timer: a callback sees the very time
 * that it was due at, and a timer that re-arms itself fires as often as it would in real time.
 *
 * As in Node, a delay under 1 ms is 1 ms, and timers that are due at the same time fire in the order in which they were
 * set. A delay that no Node timer holds is refused (Node would fire at once).
 */
export class VirtualClock implements Clock {
  /** What the wall clock is ahead of the monotonic one; a test may change it as an operator would set the clock. */
  wallOffsetMs: number;
  #nowMs = 0;
  #timers = new Set<Timer>();
  #deferred: (() => void)[] = [];

  constructor(wallOffsetMs = 1_800_000_000_000) {
    this.wallOffsetMs = wallOffsetMs;
  }

  now(): number {
    return this.wallOffsetMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    if (!(delayMs <= MAX_TIMER_MS)) throw new RangeError(`a timer of ${delayMs} ms: Node holds up to ${MAX_TIMER_MS}`);
    const timer: Timer = { dueMs: this.#nowMs + Math.max(1, delayMs), callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    this.#timers.delete(handle as Timer);
  }

  /** A `Defer` of this clock's: tasks run after the timer callback that deferred them, or at the next move of time. */
  readonly defer: Defer = (task) => {
    this.#deferred.push(task);
  };

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size;
  }

  /** How long until the next timer is due; `undefined` when none is set. */
  get nextTimerInMs(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.dueMs - this.#nowMs;
  }

  /** Moves time on by `ms`, firing what comes due on the way. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    this.runDeferred();
    for (let next = this.#next(); next !== undefined && next.dueMs <= untilMs; next = this.#next()) this.#fire(next);
    this.#nowMs = untilMs;
  }

  /** Like `advance`, but lets promises and I/O that are ready run first and after each timer. */
  async advanceWithTurns(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    this.runDeferred();
    await turn();
    for (let next = this.#next(); next !== undefined && next.dueMs <= untilMs; next = this.#next()) {
      this.#fire(next);
      await turn();
    }
    this.#nowMs = untilMs;
  }

  /** Runs what was deferred, and what that defers. */
  runDeferred(): void {
    for (let task = this.#deferred.shift(); task !== undefined; task = this.#deferred.shift()) task();
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#nowMs = timer.dueMs;
    timer.callback();
    this.runDeferred();
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    // A set keeps the order of insertion, which decides between timers of the same time.
    for (const timer of this.#timers) if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    return next;
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
