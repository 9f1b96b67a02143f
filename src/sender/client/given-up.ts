import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { BadPayload } from '../../protocol/codec/codec.ts';
import { isLastOne } from '../../protocol/last-one.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';
import type { ConnectionEvents } from './connection-parts.ts';

/** So many are remembered; whoever looks wants to know that there are any, or many. */
const MAX_REMEMBERED = 1_000;

/** Sequence numbers, so many at most. */
class SeqSet {
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

  /** Returns whether it was one of them. */
  delete(seq: number): boolean {
    return this.#seqs.delete(seq);
  }
}

/**
 * Commands of a connection that its server may be working on for nobody: streams that were left, and Commands that were
 * given up before their first Result. A server with the wire extension is told, and says when it is through; another one
 * learns of it when the connection is closed.
 */
export class GivenUp {
  readonly #events: Pick<ConnectionEvents, 'abandoned' | 'givenUp' | 'late'>;
  readonly #isTold: boolean;
  readonly #abandoned = new SeqSet();
  readonly #unanswered = new SeqSet();

  /** @param isTold - whether the server hears of it, and tells when it is through. */
  constructor(events: Pick<ConnectionEvents, 'abandoned' | 'givenUp' | 'late'>, isTold: boolean) {
    this.#events = events;
    this.#isTold = isTold;
  }

  /** How many have had Results, so that more are to come of a server that does not hear of it. */
  get abandoned(): number {
    return this.#abandoned.count;
  }

  /** How many have had none, and may never have begun; of a server that hears of it, all that it is not through with. */
  get unanswered(): number {
    return this.#unanswered.count;
  }

  /** One more is given up, after so many Results. */
  add(seq: number, received: number): void {
    if (received > 0 && !this.#isTold) this.#abandon(seq);
    else if (this.#unanswered.add(seq)) this.#events.givenUp();
  }

  /** The server is through with it. */
  ended(seq: number): void {
    this.#abandoned.delete(seq);
    if (this.#unanswered.delete(seq)) this.#events.late();
  }

  /** A Result has come for nobody; `wasSent` says whether its Command can have been executed. */
  came(seq: number, isLast: boolean, wasSent: boolean): void {
    // What was on its way is no sign that a server goes on which has been told.
    if (!isLast && this.#isTold) return;
    const wasLate = this.#unanswered.delete(seq);
    if (isLast) this.#abandoned.delete(seq);
    else if (wasSent) this.#abandon(seq);
    if (wasLate) this.#events.late();
  }

  #abandon(seq: number): void {
    if (this.#abandoned.add(seq)) this.#events.abandoned();
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

/** Whether what ends a Command here leaves its server at it: a Result that cannot be taken. */
export function isGivenUp({ code }: CmdStreamError): boolean {
  return code === 'result-invalid' || code === 'result-overflow' || code === 'frame-too-large';
}
