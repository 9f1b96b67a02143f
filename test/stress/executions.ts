import type { VerifyErrors } from './verify-errors.ts';

/** What a send says of the execution of its Command. */
export type Claim = 'executed' | 'not executed' | 'unknown';

const PAGE = 1 << 16;
const COUNT = 0b0011;
const EXECUTED = 0b0100;
const NOT_EXECUTED = 0b1000;

/**
 * Holds what sends say of the execution of their Commands against what the server has told of it, id by id: a byte each, in
 * pages outside of the heap, so that nothing has to be forgotten in however long a run.
 */
export class Executions {
  readonly #pages: Uint8Array[] = [];
  readonly #errors: VerifyErrors;
  #total = 0;
  #twice = 0;

  constructor(errors: VerifyErrors) {
    this.#errors = errors;
  }

  /** How many executions the server has told of. */
  get total(): number {
    return this.#total;
  }

  /** How many executions were not the first of their Command. */
  get twice(): number {
    return this.#twice;
  }

  /** The server executes a Command. `lastId` is the last one that was sent. */
  executed(id: number, lastId: number): void {
    this.#total++;
    if (!(Number.isInteger(id) && id >= 1 && id <= lastId)) {
      this.#errors.add(`the server executed Command ${id}, which nobody has sent`);
      return;
    }
    const marks = this.#marks(id);
    const count = Math.min((marks & COUNT) + 1, COUNT);
    this.#set(id, (marks & ~COUNT) | count);
    if (count > 1) {
      this.#twice++;
      this.#errors.add(`Command ${id} was executed twice`);
    }
    if ((marks & NOT_EXECUTED) !== 0) this.#wrongClaim(id);
  }

  /** A send has settled. */
  claim(id: number, claim: Claim): void {
    if (claim === 'unknown') return;
    const marks = this.#marks(id);
    this.#set(id, marks | (claim === 'executed' ? EXECUTED : NOT_EXECUTED));
    if (claim === 'not executed' && (marks & COUNT) > 0) this.#wrongClaim(id);
  }

  /** The last server has ended, and all that any has told has been read: what must have been executed was. */
  finish(): void {
    for (const [number, page] of this.#pages.entries()) {
      for (const [index, marks] of page.entries()) {
        if ((marks & EXECUTED) !== 0 && (marks & COUNT) === 0) {
          this.#errors.add(`Command ${number * PAGE + index} has a Result, but was never executed`);
        }
      }
    }
  }

  #wrongClaim(id: number): void {
    this.#errors.add(`Command ${id} was executed, but its error says mayHaveExecuted: false`);
  }

  #marks(id: number): number {
    return this.#pages[Math.floor(id / PAGE)]?.[id % PAGE] ?? 0;
  }

  #set(id: number, marks: number): void {
    const number = Math.floor(id / PAGE);
    while (this.#pages.length <= number) this.#pages.push(new Uint8Array(PAGE));
    (this.#pages[number] as Uint8Array)[id % PAGE] = marks;
  }
}
