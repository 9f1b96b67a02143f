import type { Credit } from '../../wire/extension/credit.ts';
import { type Cover, OVERHEAD_BYTES, type ResultBounds } from './backlog.ts';

/** What any stream is granted at first, where the bounds are not smaller: fast ones are soon granted more. */
const FIRST_RESULTS = 64;
/** As many as a server takes Commands in flight on one connection together have half of what streams may keep. */
const FIRST_BYTES = 32 * 1024;

/** Memory of what is granted: bytes on the wire times `factor`, and what a Result takes beside. */
export function memoryOf({ results, bytes }: Credit, factor: number): number {
  return results * OVERHEAD_BYTES + bytes * factor;
}

/**
 * Credit that the streams of one sender grant their servers, all together. One stream is granted no more than half of what it
 * may keep, so that there is room for the Result that goes beyond; all together no more than twice the half of what they
 * may keep, and beyond the first half none more than its share. None is granted less than at first.
 */
export class CreditBudget implements Cover {
  /** What a server may send for any Command at first. */
  readonly first: Credit;
  /** Memory of that. */
  readonly firstBytes: number;
  /** The most that one stream is granted. */
  readonly most: Credit;
  readonly #maxBytes: number;
  #streams = 0;
  /** Memory of all that is granted and not taken. */
  #bytes = 0;

  constructor({ maxResults, maxBytes, maxTotalBytes }: ResultBounds) {
    const most = {
      results: atLeastOne(Math.min(maxResults, maxBytes / (8 * OVERHEAD_BYTES))),
      bytes: atLeastOne((3 * maxBytes) / 8),
    };
    this.most = Object.freeze(most);
    this.first = Object.freeze({
      results: Math.min(FIRST_RESULTS, most.results),
      bytes: Math.min(FIRST_BYTES, atLeastOne(maxBytes / 8)),
    });
    this.firstBytes = memoryOf(this.first, 1);
    this.#maxBytes = maxTotalBytes / 2;
  }

  /** How many streams are granted something. */
  get streams(): number {
    return this.#streams;
  }

  /** Memory of all that is granted and not taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether any stream can have been granted so much. */
  covers(results: number, bytes: number): boolean {
    return results <= this.most.results && bytes <= this.most.bytes;
  }

  /** How much one of the streams may be granted that holds `bytes`: what is left over, and never less than its share. */
  mayHold(bytes: number): number {
    return Math.max(this.#maxBytes - this.#bytes + bytes, this.#maxBytes / this.#streams);
  }

  /** A stream has come that holds `bytes`. */
  join(bytes: number): void {
    this.#streams++;
    this.#bytes += bytes;
  }

  /** One of them holds `bytes` more (or less, below 0). */
  change(bytes: number): void {
    this.#bytes += bytes;
  }

  /** One that held `bytes` has ended. */
  leave(bytes: number): void {
    this.#streams--;
    this.#bytes -= bytes;
  }
}

function atLeastOne(value: number): number {
  return Math.max(1, Math.floor(value));
}
