import { type Clock, inNextTurn } from '../system/clock.ts';

/** A few failures now and then are not worth a look at where a turn of the event loop ends. */
const FEW = 100;
/** After the few, so many sends of a sender may fail unsent within one turn before the others wait for the next. */
const MAX_REFUSALS_PER_TURN = 1_000;
/** Of the sends that are called without an `await` between them so many count: they are no loop, however many they are. */
const MOST_OF_A_RUN = 100;

/**
 * Gives the turn away where sends fail again and again without anything having been sent. Each such failure is a promise
 * that is rejected at once, and a loop that tries again without a pause (`for (;;) try { await sender.send(...) } ...`)
 * would never leave the microtasks: no dial, no timer and no signal would ever have a turn.
 *
 * All sends that one run of code calls fail at once: their failures are heard together, or not at all.
 */
export class RefusalPace {
  readonly #clock: Clock;
  #count = 0;
  /** The count at the start of the present run of code, before anything that awaits goes on. */
  #before = 0;
  #isRunSeen = false;
  #pause: Promise<void> | undefined;
  #endPause: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a send that fails unsent. Returns what its caller is to be told after, where that may not be at once. */
  next(): Promise<void> | undefined {
    if (this.#pause !== undefined) return this.#pause;
    if (!this.#isRunSeen) this.#beginRun();
    if (this.#count - this.#before < MOST_OF_A_RUN && ++this.#count === FEW + 1) {
      inNextTurn(this.#clock, () => this.#beginTurn());
    }
    if (this.#before < FEW + MAX_REFUSALS_PER_TURN) return undefined;
    this.#pause = new Promise((resolve) => {
      this.#endPause = resolve;
    });
    return this.#pause;
  }

  #beginRun(): void {
    this.#isRunSeen = true;
    this.#before = this.#count;
    Promise.resolve().then(() => {
      this.#isRunSeen = false;
    });
  }

  #beginTurn(): void {
    const endPause = this.#endPause;
    this.#count = 0;
    this.#before = 0;
    this.#pause = undefined;
    this.#endPause = undefined;
    endPause?.();
  }
}
