/** Catches what the process is warned of, and what nobody catches: rejections, and errors thrown by actors. */
export class Warnings implements Disposable {
  readonly all: string[] = [];
  readonly #emitWarning = process.emitWarning;
  readonly #setTimeout = globalThis.setTimeout;
  readonly #rejected = (reason: unknown) => {
    this.all.push(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}`);
  };

  constructor() {
    process.emitWarning = (warning: string | Error) => {
      this.all.push(String(warning));
    };
    process.prependListener('unhandledRejection', this.#rejected);
    globalThis.setTimeout = this.#throwNow as typeof setTimeout;
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#setTimeout;
    process.emitWarning = this.#emitWarning;
    process.removeListener('unhandledRejection', this.#rejected);
  }

  /**
   * XState throws an actor's error that nobody observes from a timer without a delay. By then the run may be over: it
   * would end the process, and which seed it was would not be known.
   */
  readonly #throwNow = (callback: () => void, delayMs?: number): unknown => {
    if (delayMs !== undefined) return this.#setTimeout(callback, delayMs);
    try {
      callback();
    } catch (error) {
      this.all.push(`uncaught: ${error instanceof Error ? error.stack : String(error)}`);
    }
    return undefined;
  };
}
