import { setTimeout as wait } from 'node:timers/promises';
import type { RollingBook } from './book.ts';
import type { Caller, Kind } from './service.ts';

/** Between two short Commands of one caller. */
const SHORT_PAUSE_MS = 10;

/** What the callers do, in turn: three of five send short Commands, one long ones, one takes streams. */
const ROLES: readonly Kind[] = ['short', 'long', 'short', 'stream', 'short'];

/** What is known of the restarts. */
export interface Restarts {
  readonly isRestarting: boolean;
  /** How many have begun. */
  readonly count: number;
}

/** Callers that call again and again. */
export class Callers {
  readonly #book: RollingBook;
  readonly #restarts: Restarts;
  readonly #running: Promise<void>[] = [];
  #isOver = false;

  constructor(book: RollingBook, restarts: Restarts) {
    this.#book = book;
    this.#restarts = restarts;
  }

  /** Has so many call, in turn over `callers`. */
  start(count: number, callers: readonly Caller[]): void {
    for (let n = 0; n < count; n++) {
      const kind = ROLES[n % ROLES.length] as Kind;
      // Not by the number of the caller, which would give each sender callers of one kind.
      const caller = callers[Math.floor(n / ROLES.length) % callers.length] as Caller;
      this.#running.push(this.#run(caller, kind));
    }
  }

  /** Ends them, each after the call that it has under way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #run(caller: Caller, kind: Kind): Promise<void> {
    while (!this.#isOver) {
      await this.#call(caller, kind);
      if (kind === 'short') await wait(SHORT_PAUSE_MS);
    }
  }

  async #call(caller: Caller, kind: Kind): Promise<void> {
    const book = this.#book;
    const restarts = this.#restarts;
    const id = book.begin();
    const { isRestarting, count } = restarts;
    const ticks: number[] = [];
    const startMs = performance.now();
    try {
      await caller.call(kind, id, (left) => ticks.push(left));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      book.failure(kind, id, caller.describe(error), message, ticks);
      // Whoever fails at once would do nothing else.
      await wait(SHORT_PAUSE_MS);
      return;
    }
    const inRestart = isRestarting || restarts.isRestarting || restarts.count !== count;
    book.success(kind, id, performance.now() - startMs, inRestart, ticks);
  }
}
