import type { TimerHandle } from '../../../src/index.ts';
import type { VirtualClock } from '../../../src/testing.ts';

/** The waits of handlers, consumers and callers: at the end all are cut short, so that no timer of theirs is left. */
export class Sleeper {
  readonly #clock: VirtualClock;
  readonly #sleeping = new Map<object, { readonly timer: TimerHandle; readonly wake: () => void }>();
  /** Handlers that have begun and not come to their end. */
  handlers = 0;
  #awake = false;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** Resolves after so long, or once nobody is to sleep any more. */
  sleep(ms: number): Promise<void> {
    if (this.#awake) return Promise.resolve();
    return new Promise((resolve) => this.at(this.#clock.monotonicMs() + ms, resolve, true));
  }

  /** Calls back at a time; `always`: also when it is over before. */
  at(atMs: number, callback: () => void, always = false): void {
    if (this.#awake) return;
    const key = {};
    const timer = this.#clock.at(atMs, () => {
      this.#sleeping.delete(key);
      callback();
    });
    this.#sleeping.set(key, { timer, wake: always ? callback : () => {} });
  }

  /** Nobody sleeps from now on. */
  wakeAll(): void {
    this.#awake = true;
    for (const { timer, wake } of this.#sleeping.values()) {
      this.#clock.clearTimeout(timer);
      wake();
    }
    this.#sleeping.clear();
  }
}
