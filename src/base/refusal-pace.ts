import { type Clock, inNextTurn, systemClock } from './clock.ts';

/** A few failures now and then are not worth a look at where a turn of the event loop ends. */
const FEW = 100;
/** After the few, so many calls may be refused within one turn before the others wait for the next. */
const MAX_REFUSALS_PER_TURN = 1_000;
/** Of the calls without an `await` between them so many count: they are no loop, however many they are. */
const MOST_OF_A_RUN = 100;

/** Loops over several senders share the turns that they keep from others. */
const PACES = new WeakMap<Clock, RefusalPace>();

/**
 * Gives the turn away where calls are refused again and again without anything having been done. Each such refusal is a
 * promise that is settled at once, and a loop that tries again without a pause (`for (;;) try { await sender.send(...) } ...`)
 * would never leave the microtasks: no dial, no timer and no signal would ever have a turn. The same goes for what is over:
 * a stream at its end, a sender that is closed.
 *
 * All calls of one run of code are refused at once: they hear of it together, or not at all.
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

  /** The pace of all that goes by `clock`. */
  static of(clock: Clock): RefusalPace {
    const known = PACES.get(clock);
    if (known !== undefined) return known;
    const pace = new RefusalPace(clock);
    PACES.set(clock, pace);
    return pace;
  }

  /**
   * Counts a refusal, or several: one that has cost as much. Returns what its caller is to be told after, where that may
   * not be at once.
   */
  next(weight = 1): Promise<void> | undefined {
    if (this.#pause !== undefined) return this.#pause;
    if (!this.#isRunSeen) this.#beginRun();
    if (this.#count - this.#before < MOST_OF_A_RUN) {
      const isWatched = this.#count > FEW;
      this.#count += weight;
      if (!isWatched && this.#count > FEW) inNextTurn(this.#clock, () => this.#beginTurn());
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

/** More than a send costs what makes something, or opens it, before it fails. */
const WEIGHT_OF_WORK = 20;

/** The outcome of `work`; a failure is heard at the pace of `clock`. */
export async function paced<T>(clock: Clock, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    await RefusalPace.of(clock).next(WEIGHT_OF_WORK);
    throw error;
  }
}

/** The clock that `options` bring, which may not have been looked at yet; otherwise the machine's. */
export function clockOf(options: unknown): Clock {
  try {
    const { clock } = options as { readonly clock?: Partial<Clock> | null };
    return typeof clock?.setTimeout === 'function' ? (clock as Clock) : systemClock;
  } catch {
    // What is wrong with them their own check tells.
    return systemClock;
  }
}
