import { type Clock, inNextTurn, LATE_MS, type TimerHandle } from './clock.ts';
import { MAX_TIMER_MS } from './options/check.ts';

/** A timer that has not fired so long after its time may never do. */
const OVERDUE_MS = 20;
/** Node fires a timer up to so much before its time. */
const EARLY_MS = 1;
/** No timer is to be set any more. */
const STOPPED = Number.NEGATIVE_INFINITY;

/**
 * The single timer of a deadline queue, on which all deadlines of a sender hang. It trusts neither timer nor clock:
 * - A timer that fires late says that nobody has looked at the network for a while. What has arrived meanwhile is read
 *   first, in one turn of the event loop, and only then is it too late for anything.
 * - A timer that does not fire at all (a test's fake clock that is gone) is noticed when the next deadline is armed.
 * - Times are the clock's, and go on where that is set back.
 */
export class DeadlineTimer {
  readonly #clock: Clock;
  readonly #onDue: (nowMs: number) => void;
  readonly #onTimer = () => this.#fired();
  readonly #onTurn = () => this.#due();
  /** Time that it is set for; Infinity: for none. */
  dueMs = Number.POSITIVE_INFINITY;
  #handle: TimerHandle;
  /** When the timer fires, if nothing holds it up. */
  #expectedMs = 0;
  #cancelTurn: (() => void) | undefined;
  /** The latest time that was seen; none is earlier. */
  #seenMs = Number.NEGATIVE_INFINITY;
  /** By how much the clock has been set back. */
  #setBackMs = 0;

  /** @param onDue - called with the time that it is, once that for which it was set has come. */
  constructor(clock: Clock, onDue: (nowMs: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  get isStopped(): boolean {
    return this.dueMs === STOPPED;
  }

  /** The time that a reading of the clock stands for. Looks after the timer on the way, which costs next to nothing. */
  timeOf(readingMs: number): number {
    const atMs = readingMs + this.#setBackMs;
    if (atMs >= this.#seenMs && atMs <= this.dueMs + OVERDUE_MS) return atMs;
    this.#verify();
    return readingMs + this.#setBackMs;
  }

  /**
   * Sets it for an earlier time than it is set for.
   *
   * @param hasWaited - whether who is due has waited for that time: then a time that has passed by now is late.
   */
  set(dueMs: number, hasWaited = false): void {
    this.#clock.clearTimeout(this.#handle);
    const nowMs = this.#now();
    const delayMs = Math.min(Math.max(Math.ceil(dueMs - nowMs), 1), MAX_TIMER_MS);
    this.dueMs = dueMs;
    this.#expectedMs = hasWaited && dueMs < nowMs ? dueMs : nowMs + delayMs;
    this.#handle = this.#clock.setTimeout(this.#onTimer, delayMs);
  }

  /** For good. */
  stop(): void {
    this.#clock.clearTimeout(this.#handle);
    this.#cancelTurn?.();
    this.#handle = undefined;
    this.#cancelTurn = undefined;
    this.dueMs = STOPPED;
  }

  #fired(): void {
    this.#handle = undefined;
    this.#seenMs = Math.max(this.#seenMs, this.#expectedMs - EARLY_MS);
    if (this.#now() <= this.#expectedMs + LATE_MS) this.#due();
    else this.#cancelTurn = inNextTurn(this.#clock, this.#onTurn);
  }

  #due(): void {
    this.#cancelTurn = undefined;
    this.dueMs = Number.POSITIVE_INFINITY;
    this.#onDue(this.#now());
  }

  #now(): number {
    const nowMs = this.#clock.monotonicMs() + this.#setBackMs;
    if (nowMs < this.#seenMs) this.#setBackMs += this.#seenMs - nowMs;
    else this.#seenMs = nowMs;
    return this.#seenMs;
  }

  /** Sets the timer anew where it is overdue: late if the process was busy, or lost. */
  #verify(): void {
    const nowMs = this.#now();
    if (this.#cancelTurn !== undefined || nowMs <= this.dueMs + OVERDUE_MS) return;
    this.#clock.clearTimeout(this.#handle);
    // What it was expected at stays, since it is late: it gives the network its turn.
    this.dueMs = nowMs;
    this.#handle = this.#clock.setTimeout(this.#onTimer, 1);
  }
}
