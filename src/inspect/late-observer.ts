import { type Defer, systemClock } from '../base/clock.ts';
import { Warnings } from '../base/warnings.ts';

/**
 * Tells an observer what happens in actor systems, in order, at the end of the turn: XState tells in the middle of
 * transitions, where whatever an observer does (closes, sends, aborts) would come between two steps of one.
 */
export class LateObserver<Event> {
  readonly #see: (event: Event) => unknown;
  readonly #defer: Defer;
  readonly #warnings = new Warnings(systemClock);
  #untold: Event[] = [];

  /** @param see - the user's; what it throws becomes a warning. */
  constructor(see: (event: Event) => unknown, defer: Defer) {
    this.#see = see;
    this.#defer = defer;
  }

  /** Notes what happens; `describe` is asked now, since what it describes goes on. */
  note(describe: () => Event): void {
    this.#warnings.callUser('the inspector', () => {
      this.#untold.push(describe());
      if (this.#untold.length === 1) this.#defer(this.#tell);
    });
  }

  readonly #tell = (): void => {
    const untold = this.#untold;
    this.#untold = [];
    for (const event of untold) this.#warnings.callUser('the inspector', () => this.#see(event));
  };
}
