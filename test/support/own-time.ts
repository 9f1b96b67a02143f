const TICK_MS = 5;

/**
 * Time as this process has lived it, for bounds that a busy machine must not break: what it has worked, and what it has waited
 * while it could have run. A pause in which the machine did something else counts as two ticks at the most. Never later than
 * the clock on the wall, so that it says nothing of what takes too little time.
 */
export class OwnTime implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #ms = 0;
  #lastMs = performance.now();
  #worked = process.cpuUsage();

  /** Starts at 0. */
  constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** How long it has been. */
  get ms(): number {
    this.#tick();
    return this.#ms;
  }

  #tick(): void {
    const nowMs = performance.now();
    const { user, system } = process.cpuUsage(this.#worked);
    const passedMs = nowMs - this.#lastMs;
    this.#ms += Math.min(passedMs, Math.max(2 * TICK_MS, (user + system) / 1_000));
    this.#lastMs = nowMs;
    this.#worked = process.cpuUsage();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** How long something takes, in the time of this process. */
export async function ownMsOf(work: () => unknown): Promise<number> {
  using time = new OwnTime();
  await work();
  return time.ms;
}
