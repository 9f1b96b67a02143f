import { deferToNextTurn } from '../system/clock.ts';

/** A few failures now and then are not worth a look at where a turn of the event loop ends. */
const FEW = 100;
/** After the few, so many sends of a sender may fail unsent within one turn before the others wait for the next. */
const MAX_REFUSALS_PER_TURN = 1_000;

/**
 * Gives the turn away where sends fail again and again without anything having been sent. Each such failure is a promise
 * that is rejected at once, and a loop that tries again without a pause (`for (;;) try { await sender.send(...) } ...`)
 * would never leave the microtasks: no dial, no timer and no signal would ever have a turn.
 *
 * Sends that were called without an `await` between them are no loop: however many they are, all of them fail at once.
 * The turns are those of the event loop, whatever clock the sender has: it is the event loop that must not stand still.
 */
export class RefusalPace {
  #count = 0;
  /** How many of them there were at the start of the present run of code, before anything that awaits went on. */
  #before = 0;
  #isRunSeen = false;
  #pause: Promise<void> | undefined;
  #endPause: (() => void) | undefined;

  /** Counts a send that fails unsent. Returns what its caller is to be told after, where that may not be at once. */
  next(): Promise<void> | undefined {
    if (this.#pause !== undefined) return this.#pause;
    this.#count++;
    if (this.#count <= FEW) return undefined;
    if (this.#count === FEW + 1) deferToNextTurn(() => this.#beginTurn());
    if (!this.#isRunSeen) this.#beginRun();
    if (this.#before < FEW + MAX_REFUSALS_PER_TURN) return undefined;
    this.#pause = new Promise((resolve) => {
      this.#endPause = resolve;
    });
    return this.#pause;
  }

  #beginRun(): void {
    this.#isRunSeen = true;
    this.#before = this.#count - 1;
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
