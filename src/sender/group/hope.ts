import type { ClientPhase } from '../../../machines/client.ts';

/** Whether a client is ready, or about to be: whoever does not wait for long waits in vain where there is no hope of one. */
export class Hope {
  /** Whether one is ready, connects for the first time, or was sent away by its server just now and dials another. */
  isThere = true;
  readonly #listeners = new Set<() => void>();

  /** Calls `listener` whenever it is gone. */
  onGone(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** The clients have changed. */
  look(phases: readonly ClientPhase[]): void {
    const wasThere = this.isThere;
    this.isThere = phases.includes('ready') || phases.includes('connecting');
    if (wasThere && !this.isThere) for (const listener of this.#listeners) listener();
  }
}
