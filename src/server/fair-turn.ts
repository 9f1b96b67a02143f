import { type Clock, inNextTurn } from '../system/clock.ts';

/**
 * How long handlers may go on giving Results, and sessions reading Commands, before the rest of the process has its turn.
 * Measured beside eight clients that flood a server: with 8 ms an honest one waits for 10 ms, with 0.5 ms for about 1 ms.
 * Its price, a look at all sockets, was not to be told from noise in the rate of a busy connection.
 */
const SLICE_MS = 0.5;
/** And how many Results: what counts where time stands still while handlers run, as on a virtual clock. */
const SLICE_RESULTS = 4096;

/**
 * Keeps handlers that give Results without ever waiting, and clients that send Commands without ever waiting, from starving
 * the process: promises alone never let the network in, and a socket gives megabytes at a time. All of a server share one
 * slice of each turn of the event loop.
 */
export class FairTurn {
  readonly #clock: Clock;
  #endMs = 0;
  #left = 0;
  /** Keeps the next turn from coming; there only while a slice is being used up. */
  #cancel: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Nothing while the slice lasts; then a promise of the next one. */
  wait(): Promise<void> | undefined {
    if (this.#cancel === undefined) {
      this.#endMs = this.#clock.monotonicMs() + SLICE_MS;
      this.#left = SLICE_RESULTS;
      this.#cancel = inNextTurn(this.#clock, this.#next);
      return undefined;
    }
    if (--this.#left > 0 && this.#clock.monotonicMs() < this.#endMs) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Leaves no timer behind; those who wait go on. */
  stop(): void {
    if (this.#cancel === undefined) return;
    this.#cancel();
    this.#next();
  }

  readonly #next = (): void => {
    this.#cancel = undefined;
    const [first, ...waiting] = this.#waiting;
    this.#waiting = [];
    // Who waited first had used up the slice, and may do so again: the others come before it.
    if (first !== undefined) waiting.push(first);
    for (const goOn of waiting) goOn();
  };
}
