import type { Credit } from '../../wire/extension/credit.ts';
import { type Cover, OVERHEAD_BYTES } from './backlog.ts';
import { type CreditBudget, memoryOf } from './credit-budget.ts';

/** The connection that a stream comes over. */
export interface Grantor {
  /** Lets the server send so much more for a Command that is pending. */
  grant(seq: number, more: Credit): void;
}

/**
 * Credit of one stream: how much its server may send that its consumer has not taken. Once half of it was taken it is renewed,
 * by one frame, and doubled as far as the budget allows (slow start): a fast consumer needs few.
 */
export class StreamCredit implements Cover {
  readonly #budget: CreditBudget;
  readonly #grantor: Grantor;
  readonly #seq: number;
  /** What is granted and not taken: it waits here, is under way, or may be sent. */
  #results: number;
  #bytes: number;
  /** How much that is once it has been renewed. */
  #window: Credit;
  /** Half of it: what is left when it is to be renewed. */
  #lowResults: number;
  #lowBytes: number;
  /** So many bytes of memory a byte on the wire takes, of the heaviest Result so far. */
  #factor = 1;
  /** Memory that it holds of the budget; 0 once it has ended. */
  #heldBytes: number;

  /** Of a stream whose server has what any stream is granted at first. */
  constructor(budget: CreditBudget, grantor: Grantor, seq: number) {
    const { first } = budget;
    this.#budget = budget;
    this.#grantor = grantor;
    this.#seq = seq;
    this.#window = first;
    this.#results = first.results;
    this.#bytes = first.bytes;
    this.#lowResults = first.results >> 1;
    this.#lowBytes = first.bytes >> 1;
    this.#heldBytes = budget.firstBytes;
    budget.join(budget.firstBytes);
  }

  /** The consumer has taken a Result of `size` bytes on the wire, and about `weight` of memory. */
  taken(size: number, weight: number): void {
    this.#results--;
    this.#bytes -= size;
    if (weight > size * this.#factor) this.#factor = Math.ceil(weight / size);
    if (this.#results <= this.#lowResults || this.#bytes <= this.#lowBytes) this.#renew();
  }

  covers(results: number, bytes: number): boolean {
    return results <= this.#results && bytes <= this.#bytes * this.#factor;
  }

  /** No Result follows. */
  end(): void {
    if (this.#heldBytes === 0) return;
    this.#budget.leave(this.#heldBytes);
    this.#heldBytes = 0;
  }

  #renew(): void {
    if (this.#heldBytes === 0) return;
    this.#resize();
    const { results, bytes } = this.#window;
    const more = { results: Math.max(0, results - this.#results), bytes: Math.max(0, bytes - this.#bytes) };
    this.#results += more.results;
    this.#bytes += more.bytes;
    if (more.results > 0 || more.bytes > 0) this.#grantor.grant(this.#seq, more);
  }

  /** Doubles what was used up, where the budget allows it; where that is used up as well, leaves it, or goes back to its share. */
  #resize(): void {
    const window = this.#bounded(this.#wished());
    const heldBytes = memoryOf(window, this.#factor);
    this.#budget.change(heldBytes - this.#heldBytes);
    this.#heldBytes = heldBytes;
    this.#window = window;
    this.#lowResults = window.results >> 1;
    this.#lowBytes = Math.floor(window.bytes / 2);
  }

  #wished(): Credit {
    const { results, bytes } = this.#window;
    const { most } = this.#budget;
    const mostBytes = Math.max(1, Math.floor(most.bytes / this.#factor));
    return {
      results: this.#results <= this.#lowResults ? Math.min(2 * results, most.results) : results,
      bytes: Math.min(this.#bytes <= this.#lowBytes ? 2 * bytes : bytes, mostBytes),
    };
  }

  #bounded(wished: Credit): Credit {
    const mayHold = this.#budget.mayHold(this.#heldBytes);
    if (memoryOf(wished, this.#factor) <= mayHold) return wished;
    const { first } = this.#budget;
    const { results, bytes } = this.#window;
    if (memoryOf(this.#window, this.#factor) <= mayHold) return this.#window;
    return {
      results: Math.max(first.results, Math.min(results, Math.floor(mayHold / 2 / OVERHEAD_BYTES))),
      bytes: Math.max(first.bytes, Math.min(bytes, Math.floor(mayHold / 2 / this.#factor))),
    };
  }
}
