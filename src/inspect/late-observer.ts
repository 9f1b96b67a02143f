import type { Defer } from '../base/clock.ts';
import { callUser, processWarning, type Warn } from '../base/warn.ts';

/**
 * Tells an observer what happens in actor systems, in order, at the end of the turn: XState tells in the middle of
 * transitions, where whatever an observer does (closes, sends, aborts) would come between two steps of one.
 */
export class LateObserver<Event> {
  readonly #see: (event: Event) => unknown;
  readonly #defer: Defer;
  // One of its own: what it was told of decides what is left out.
  readonly #warn: Warn = (message) => processWarning(message);
  #untold: Event[] = [];

  /** @param see - the user's; what it throws becomes a warning. */
  constructor(see: (event: Event) => unknown, defer: Defer) {
    this.#see = see;
    this.#defer = defer;
  }

  /** Notes what happens; `describe` is asked now, since what it describes goes on. */
  note(describe: () => Event): void {
    callUser(this.#warn, 'the inspector', () => {
      this.#untold.push(describe());
      if (this.#untold.length === 1) this.#defer(this.#tell);
    });
  }

  readonly #tell = (): void => {
    const untold = this.#untold;
    this.#untold = [];
    for (const event of untold) callUser(this.#warn, 'the inspector', () => this.#see(event));
  };
}
