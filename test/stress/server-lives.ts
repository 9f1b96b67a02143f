import type { Claim } from './executions.ts';
import type { ExecutedCounts } from './peers/server-process.ts';
import type { VerifyErrors } from './verify-errors.ts';

/**
 * Holds the counts that a server tells when it stops in order against what the sends of its time came to, for a server
 * that does not tell ids: it must have executed what was answered by it, and no more than what may have reached it.
 */
export class ServerLives {
  readonly #errors: VerifyErrors;
  /** Commands that the current server has executed for certain, by name. */
  readonly #certain = new Map<string, number>();
  /** Commands that it may have executed. */
  readonly #possible = new Map<string, number>();
  #current = 0;

  constructor(errors: VerifyErrors) {
    this.#errors = errors;
  }

  /** The number of the server that was started last. */
  get current(): number {
    return this.#current;
  }

  /** A server is about to be started: what has settled by now did not reach it. */
  begin(): void {
    this.#current++;
    this.#certain.clear();
    this.#possible.clear();
  }

  /** A send has settled that began when the server `since` was the current one. */
  settled(since: number, command: string, claim: Claim): void {
    if (claim === 'not executed') return;
    count(this.#possible, command);
    // One that began with an earlier server may be its Result, read late.
    if (claim === 'executed' && since === this.#current) count(this.#certain, command);
  }

  /**
   * The current server has ended in order.
   * @param executed - what it told.
   * @param underWay - how many sends of a Command are not settled yet.
   */
  check(executed: ExecutedCounts, underWay: (command: string) => number): void {
    for (const command of new Set([...this.#possible.keys(), ...Object.keys(executed)])) {
      const least = this.#certain.get(command) ?? 0;
      const most = (this.#possible.get(command) ?? 0) + underWay(command);
      const times = executed[command] ?? 0;
      if (times >= least && times <= most) continue;
      const what = `executed ${command} ${times} times; by the outcomes it must be ${least} to ${most} times`;
      this.#errors.add(`server ${this.#current} ${what}`);
    }
  }
}

function count(counts: Map<string, number>, command: string): void {
  counts.set(command, (counts.get(command) ?? 0) + 1);
}
