import { inContextOfNow } from '../../base/async-context.ts';
import type { Warnings } from '../../base/warnings.ts';
import type { CircuitBreakerState } from './options.ts';

/** Told of a change of state: the new state, and the one before. */
export type CircuitBreakerListener = (state: CircuitBreakerState, previous: CircuitBreakerState) => void;

interface StateChange {
  readonly state: CircuitBreakerState;
  readonly previous: CircuitBreakerState;
}

/**
 * Tells listeners of changes of state, each of them all changes in order. A change is noted when it happens and told
 * by `deliver`, so that no listener runs while the breaker's actor is in the middle of a transition: what a listener
 * then asks of the breaker, or does to it, has its effect at once.
 */
export class StateChanges {
  readonly #warnings: Warnings;
  readonly #listeners = new Map<symbol, CircuitBreakerListener>();
  #noted: StateChange[] = [];
  #delivering = false;

  constructor(warnings: Warnings) {
    this.#warnings = warnings;
  }

  /** Adds a listener; returns the function that removes it. */
  subscribe(listener: CircuitBreakerListener): () => void {
    const key = Symbol('listener');
    this.#listeners.set(key, inContextOfNow(listener));
    return () => {
      this.#listeners.delete(key);
    };
  }

  /** Notes a change. */
  note(state: CircuitBreakerState, previous: CircuitBreakerState): void {
    this.#noted.push({ state, previous });
  }

  /** Tells what is noted. Called by a listener it returns at once: what is noted then is told after that listener. */
  deliver(): void {
    if (this.#delivering || this.#noted.length === 0) return;
    this.#delivering = true;
    for (let change = this.#noted.shift(); change !== undefined; change = this.#noted.shift()) {
      for (const key of [...this.#listeners.keys()]) {
        const listener = this.#listeners.get(key);
        if (listener === undefined) continue;
        const { state, previous } = change;
        this.#warnings.callUser('a state listener of the circuit breaker', () => listener(state, previous));
      }
    }
    this.#delivering = false;
  }

  /** Forgets the listeners, and what is noted. */
  clear(): void {
    this.#listeners.clear();
    this.#noted = [];
  }
}
