/** Between two questions while the answers are no failures. */
const PAUSE_MS = 1_000;
/** Longest pause, to which it grows by doubling while they are. */
const MAX_PAUSE_MS = 5_000;

/**
 * How often a resolver is asked because something failed: each of many clients would ask with each of its attempts. One
 * question in a pause, and one more at once: the answer to the first may be older than what made for the second.
 */
export class QuestionPace {
  #failures = 0;
  /** Up to when questions are spoken for. */
  #spentMs = Number.NEGATIVE_INFINITY;

  /** How long the next question must wait, in milliseconds; not above 0: not at all. */
  waitMs(nowMs: number): number {
    return this.#spentMs - PAUSE_MS - nowMs;
  }

  /** A question is asked. */
  asked(nowMs: number): void {
    const pauseMs = Math.min(PAUSE_MS * 2 ** Math.max(0, this.#failures - 1), MAX_PAUSE_MS);
    this.#spentMs = Math.max(this.#spentMs, nowMs) + pauseMs;
  }

  answered(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures++;
  }
}
