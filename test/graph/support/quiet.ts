/** Keeps what a broken machine throws and warns from the test run, and remembers that it did. */
export class Quiet {
  readonly #warn = console.warn;
  readonly #error = console.error;
  readonly #listeners = process.listeners('uncaughtException');
  readonly #rejections = process.listeners('unhandledRejection');
  #crash: unknown;

  constructor() {
    // XState warns of events to actors that are over, among other things.
    console.warn = this.#onCrash;
    console.error = this.#onCrash;
    process.removeAllListeners('uncaughtException').on('uncaughtException', this.#onCrash);
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', this.#onCrash);
  }

  /** Whether something was thrown, or warned of, since the last call; XState throws in a turn of its own. */
  async crashed(): Promise<boolean> {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const crash = this.#crash;
    this.#crash = undefined;
    return crash !== undefined;
  }

  /** Lets what is still to be thrown be thrown, and goes. */
  async end(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    console.warn = this.#warn;
    console.error = this.#error;
    process.off('uncaughtException', this.#onCrash).off('unhandledRejection', this.#onCrash);
    for (const listener of this.#listeners) process.on('uncaughtException', listener);
    for (const listener of this.#rejections) process.on('unhandledRejection', listener);
  }

  readonly #onCrash = (error: unknown) => {
    this.#crash = error ?? 'something';
  };
}
