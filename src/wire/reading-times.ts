import type { Clock } from '../base/clock.ts';

/** Times of a channel's reading: how long it has been paused, and since when a frame is there in part. */
export class ReadingTimes {
  readonly #clock: Clock;
  /** Number of the frame that came in part last, and the time since when. */
  #partial = 0;
  #partialSinceMs = 0;
  /** Length of all pauses that are over, and the start of the one of now. */
  #pausedMs = 0;
  #pausedSinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds in which nothing was read, those of the pause of now included. */
  get pausedMs(): number {
    if (this.#pausedSinceMs === undefined) return this.#pausedMs;
    return this.#pausedMs + this.#clock.monotonicMs() - this.#pausedSinceMs;
  }

  /** Monotonic time at which the frame began that came in part last, as if there had been no pauses since. */
  get partialSinceMs(): number {
    return this.#partialSinceMs;
  }

  pause(): void {
    this.#pausedSinceMs ??= this.#clock.monotonicMs();
  }

  resume(): void {
    const { pausedMs } = this;
    // What nobody read could not come.
    this.#partialSinceMs += pausedMs - this.#pausedMs;
    this.#pausedMs = pausedMs;
    this.#pausedSinceMs = undefined;
  }

  /** @param partial - number of the frame that is there in part, or was last: the time counts from where it is another. */
  notePartial(partial: number): void {
    if (this.#partial === partial) return;
    this.#partial = partial;
    this.#partialSinceMs = this.#clock.monotonicMs();
  }
}
