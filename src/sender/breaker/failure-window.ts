const SUCCESS = 0;
const FAILURE = 1;

/** Remembers the last outcomes, and how many of them are failures. Starts full of successes. */
export class FailureWindow {
  readonly #outcomes: Uint8Array;
  #next = 0;
  #failures = 0;

  /** @param size how many outcomes it remembers. */
  constructor(size: number) {
    this.#outcomes = new Uint8Array(size);
  }

  /** How many of the remembered outcomes are failures. */
  get failures(): number {
    return this.#failures;
  }

  /** The share of failures among the remembered outcomes, from 0 to 1. */
  get failureRate(): number {
    return this.#failures / this.#outcomes.length;
  }

  /** Remembers an outcome, and forgets the oldest one. */
  record(succeeded: boolean): void {
    const outcome = succeeded ? SUCCESS : FAILURE;
    this.#failures += outcome - (this.#outcomes[this.#next] ?? SUCCESS);
    this.#outcomes[this.#next] = outcome;
    this.#next = this.#next + 1 === this.#outcomes.length ? 0 : this.#next + 1;
  }

  /** Starts again, full of successes. */
  reset(): void {
    // Where the next outcome goes does not matter: all of them are alike.
    this.#outcomes.fill(SUCCESS);
    this.#failures = 0;
  }
}
