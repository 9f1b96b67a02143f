import { type Clock, type Defer, deferToNextTurn, type TimerHandle } from '../../base/clock.ts';
import { invalidOption, MAX_TIMER_MS } from '../../base/options/check.ts';
import { type Timer, TimerHeap } from './timer-heap.ts';

/** Time that the wall clock shows when a virtual clock begins, unless it is told otherwise: 2027-01-15 08:00 UTC. */
const DEFAULT_START_MS = 1_800_000_000_000;

/**
 * A clock whose time stands still until somebody moves it: a test by {@link VirtualClock.advance}, or `simulate`. It
 * steps from timer to timer: a callback sees the very time that it was due at, and a timer that re-arms itself fires as
 * often as it would in real time. It is a `Clock` for the library's options and for XState's `clock`.
 *
 * As in Node, a delay under 1 ms is 1 ms, and timers that are due at the same time fire in the order in which they were
 * set. A delay that no Node timer holds is refused (Node would fire at once).
 *
 * @example
 * ```ts
 * const clock = new VirtualClock();
 * const sender = await createSender(calc, { address, transport, clock, defer: clock.defer });
 * await clock.advanceWithTurns(30_000);
 * ```
 */
export class VirtualClock implements Clock {
  /** Lead of the wall clock over the monotonic one; a test may change it as an operator would set the clock. */
  wallOffsetMs: number;
  #nowMs = 0;
  #set = 0;
  readonly #timers = new TimerHeap();
  #deferred: (() => void)[] = [];

  /**
   * @param wallOffsetMs - what the wall clock shows at the beginning: milliseconds since the Unix epoch. Default
   * 1,800,000,000,000.
   * @throws CmdStreamError `invalid-argument`.
   */
  constructor(wallOffsetMs = DEFAULT_START_MS) {
    if (!Number.isFinite(wallOffsetMs)) throw invalidOption('wallOffsetMs', 'a time in milliseconds', wallOffsetMs);
    this.wallOffsetMs = wallOffsetMs;
  }

  now(): number {
    return this.wallOffsetMs + this.#nowMs;
  }

  /** Milliseconds since the clock began. */
  monotonicMs(): number {
    return this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    if (!(delayMs <= MAX_TIMER_MS)) throw new RangeError(`a timer of ${delayMs} ms: Node holds up to ${MAX_TIMER_MS}`);
    return this.at(this.#nowMs + Math.max(1, delayMs), callback);
  }

  clearTimeout(handle: TimerHandle): void {
    if (handle !== undefined) this.#timers.cancel(handle as Timer);
  }

  /**
   * Calls `callback` once at `atMs` (see {@link VirtualClock.monotonicMs}), or as soon as time moves where that is past.
   * Unlike a timer of Node's it may be due now, and nearer than 1 ms: what happens on a network keeps no such rules.
   * @throws RangeError for what is no time: a clock that came to NaN would never come to anything else.
   */
  at(atMs: number, callback: () => void): TimerHandle {
    if (!Number.isFinite(atMs)) throw new RangeError(`a timer at ${atMs} ms: that is no time`);
    const timer: Timer = { dueMs: Math.max(atMs, this.#nowMs), order: ++this.#set, callback };
    this.#timers.add(timer);
    return timer;
  }

  /** Resolves after `delayMs`. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.setTimeout(resolve, delayMs);
    });
  }

  /** Counterpart of `AbortSignal.timeout(delayMs)`, which is on a clock of the machine's: a signal that fires after `delayMs`. */
  timeoutSignal(delayMs: number): AbortSignal {
    const controller = new AbortController();
    const reason = () => new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    this.setTimeout(() => controller.abort(reason()), delayMs);
    return controller.signal;
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
    const next = this.#timers.peek();
    return next === undefined ? undefined : next.dueMs - this.#nowMs;
  }

  /**
   * Moves time on by `ms`, firing what comes due on the way.
   * @throws RangeError for what is no duration.
   */
  advance(ms: number): void {
    const untilMs = this.#nowMs + durationOf(ms);
    this.runDeferred();
    while (this.fireNext(untilMs));
    this.#nowMs = untilMs;
  }

  /** Like `advance`, but lets promises and I/O that are ready run first and after each timer. Rejects as that throws. */
  async advanceWithTurns(ms: number): Promise<void> {
    const untilMs = this.#nowMs + durationOf(ms);
    do {
      this.runDeferred();
      await turn();
    } while (this.fireNext(untilMs));
    this.#nowMs = untilMs;
  }

  /**
   * Moves time on to the next timer and fires it, and runs what it deferred; nothing where none is due until `untilMs`.
   * Returns whether it fired one.
   */
  fireNext(untilMs = Number.POSITIVE_INFINITY): boolean {
    const next = this.#timers.peek();
    if (next === undefined || next.dueMs > untilMs) return false;
    const { callback } = next;
    this.#timers.removeFirst();
    next.callback = undefined;
    this.#nowMs = next.dueMs;
    callback?.();
    this.runDeferred();
    return true;
  }

  /** Runs what was deferred, and what that defers. Returns whether there was anything. */
  runDeferred(): boolean {
    if (this.#deferred.length === 0) return false;
    while (this.#deferred.length > 0) {
      const tasks = this.#deferred;
      this.#deferred = [];
      for (const task of tasks) task();
    }
    return true;
  }
}

/** Time that went by NaN, or backwards, would leave every timer wrong. */
function durationOf(ms: number): number {
  if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) throw new RangeError(`time cannot move on by ${ms} ms`);
  return ms;
}

const turn = () => new Promise<void>(deferToNextTurn);
