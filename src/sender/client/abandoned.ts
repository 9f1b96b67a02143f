import { BadPayload } from '../../protocol/codec/codec.ts';
import { isLastOne } from '../../protocol/last-one.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';

/** So many are remembered; whoever looks wants to know that there are any, or many. */
const MAX_REMEMBERED = 1_000;

/**
 * Commands of a connection that its server may be working on for nobody: streams that were left, or Commands that were
 * given up before their first Result. The wire has no way to tell the server; it learns of it when the connection is closed.
 */
export class Abandoned {
  readonly #seqs = new Set<number>();

  get count(): number {
    return this.#seqs.size;
  }

  /** Returns whether it is one more. */
  add(seq: number): boolean {
    if (this.#seqs.has(seq) || this.#seqs.size >= MAX_REMEMBERED) return false;
    this.#seqs.add(seq);
    return true;
  }

  /** The server has come to its end with it, or has answered it. Returns whether it was one of these. */
  delete(seq: number): boolean {
    return this.#seqs.delete(seq);
  }
}

/** Whether a Result that nobody waits for is the last of its Command; one that cannot say so is taken for it. */
export function isLastForNobody(entry: ResultEntry | undefined, value: unknown): boolean {
  if (entry === undefined || value instanceof BadPayload) return true;
  try {
    return isLastOne(entry, value);
  } catch {
    return true;
  }
}
