import { fieldOf } from '../base/errors/ask.ts';
import type { BrokerFlow } from './broker-flow.ts';

/**
 * Commands that a broker refuses for want of a permission: it names the subject, and not which of them. It has seen them in
 * order, so that once it has confirmed all, so many of the last ones are those that it has refused.
 */
export class Refusals {
  readonly #flow: BrokerFlow;
  readonly #tell: (type: number, count: number) => void;
  readonly #subjects: readonly string[];
  /** How many were refused since the broker was last asked, by their types. */
  readonly #counts = new Map<number, number>();

  /** @param tell - told of a type of Commands whose last `count` are refused. */
  constructor(flow: BrokerFlow, tell: (type: number, count: number) => void, subjects: readonly string[]) {
    this.#flow = flow;
    this.#tell = tell;
    this.#subjects = subjects;
  }

  /** The broker has told an error. */
  note(error: Error): void {
    if (error.name !== 'PermissionViolationError' || fieldOf(error, 'operation') !== 'publish') return;
    const type = this.#subjects.indexOf(fieldOf(error, 'subject') as string);
    if (type < 0) return;
    if (this.#counts.size === 0) void this.#ask();
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  async #ask(): Promise<void> {
    const isThere = await this.#flow.confirm();
    const counts = [...this.#counts];
    this.#counts.clear();
    if (!isThere) return;
    for (const [type, count] of counts) this.#tell(type, count);
  }
}
