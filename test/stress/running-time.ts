const TICK_MS = 20;
/** What passes in one stretch without a turn of the event loop counts for this much at the most. */
const LONGEST_STEP_MS = 100;

/**
 * A clock that stands still while the process does: what a busy machine does to this process is not held against the
 * library. Monotonic milliseconds.
 */
export class RunningTime {
  /** For how long the process has stood still, so far. */
  stoodStillMs = 0;
  readonly #realNow: () => number;
  #passedMs = 0;
  #seenMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(realNow: () => number = () => performance.now()) {
    this.#realNow = realNow;
    this.#seenMs = realNow();
  }

  /** Begins to look at each turn. */
  start(): void {
    this.#timer = setInterval(() => this.look(), TICK_MS);
  }

  /** Ends that, and leaves no timer. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** The time. */
  readonly now = (): number => this.#passedMs + Math.min(this.#realNow() - this.#seenMs, LONGEST_STEP_MS);

  /** A turn of the event loop has come. */
  look(): void {
    const nowMs = this.#realNow();
    const stepMs = nowMs - this.#seenMs;
    this.stoodStillMs += Math.max(0, stepMs - LONGEST_STEP_MS);
    this.#passedMs += Math.min(stepMs, LONGEST_STEP_MS);
    this.#seenMs = nowMs;
  }
}
