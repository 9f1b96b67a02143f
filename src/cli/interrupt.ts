const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C, or SIGTERM, from now on until it is disposed: the process is not ended by it then. */
export class Interrupt implements Disposable {
  /** Fires at the first of them. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #fire = () => this.#controller.abort();

  constructor() {
    this.signal = this.#controller.signal;
    for (const name of SIGNALS) process.once(name, this.#fire);
  }

  [Symbol.dispose](): void {
    for (const name of SIGNALS) process.off(name, this.#fire);
  }
}
