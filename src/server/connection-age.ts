import type { DeadlineBucket, DeadlineEntry } from '../base/deadline-queue.ts';
import { MAX_TIMER_MS } from '../base/options/check.ts';
import type { Service } from './service.ts';

/** So much longer or shorter than the option says a connection may last: those that came together go one by one. */
const JITTER = 0.1;

/**
 * Time that one connection may last. It hangs in the queue of deadlines: as one of XState's timers it would be looked at whenever
 * any other connection of the server ends.
 */
export class ConnectionAge implements DeadlineEntry {
  deadlineBucket: DeadlineBucket | undefined = undefined;
  nextInBucket: DeadlineEntry | undefined = undefined;
  previousInBucket: DeadlineEntry | undefined = undefined;
  readonly #service: Service;
  readonly #elapsed: () => void;

  private constructor(service: Service, elapsed: () => void) {
    this.#service = service;
    this.#elapsed = elapsed;
  }

  /** Age of one connection; `undefined` where connections may last for ever. */
  static of(service: Service, elapsed: () => void): ConnectionAge | undefined {
    const isEndless = service.options.maxConnectionAgeMs === Number.POSITIVE_INFINITY;
    return isEndless ? undefined : new ConnectionAge(service, elapsed);
  }

  /** Counts from now on. */
  start(): void {
    const { options, deadlines } = this.#service;
    const jitter = 1 - JITTER + 2 * JITTER * options.random();
    deadlines.arm(this, Math.min(options.maxConnectionAgeMs * jitter, MAX_TIMER_MS));
  }

  /** Counts no more. */
  stop(): void {
    this.#service.deadlines.disarm(this);
  }

  deadlineReached(): void {
    this.#elapsed();
  }
}
