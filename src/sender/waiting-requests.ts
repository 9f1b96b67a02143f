import type { Request } from './request/request.ts';

/** Bounds for the requests of a sender that wait: in how many lists, for whatever reason. */
export class WaitingBounds {
  readonly #maxWaiting: number;
  readonly #maxWaitingBytes: number;
  /** How many wait now. */
  count = 0;
  /** How many bytes they have been encoded into. */
  bytes = 0;

  /** See the options of the same names. */
  constructor(maxWaiting: number, maxWaitingBytes: number) {
    this.#maxWaiting = maxWaiting;
    this.#maxWaitingBytes = maxWaitingBytes;
  }

  /** Why one more request of so many bytes may not wait; nothing where it may. */
  whyFull(bytes: number): string | undefined {
    if (this.count >= this.#maxWaiting) return `${this.#maxWaiting} sends are waiting (option 'maxWaiting')`;
    if (this.bytes + bytes <= this.#maxWaitingBytes) return undefined;
    const what = `its ${bytes} bytes, with ${this.bytes} that are waiting, are over ${this.#maxWaitingBytes}`;
    return `${what} (option 'maxWaitingBytes')`;
  }
}

/**
 * Requests that wait for one thing, in the order in which they came, with the bytes that they have been encoded into: what
 * is sent in the end is the value of the moment of the call.
 */
export class WaitingRequests {
  readonly #bounds: WaitingBounds;
  readonly #encoded = new Map<Request, Uint8Array>();
  readonly #leave = (request: Request) => void this.take(request);

  /** @param bounds - where they are counted, and not enforced: who adds one asks before. */
  constructor(bounds: WaitingBounds) {
    this.#bounds = bounds;
  }

  get length(): number {
    return this.#encoded.size;
  }

  /** All that wait now, whatever becomes of them meanwhile. */
  all(): readonly Request[] {
    return [...this.#encoded.keys()];
  }

  /** In order; requests that are added meanwhile come at the end. */
  [Symbol.iterator](): IterableIterator<[Request, Uint8Array]> {
    return this.#encoded.entries();
  }

  /** A request that settles while it waits leaves by itself. */
  add(request: Request, encoded: Uint8Array): void {
    this.#encoded.set(request, encoded);
    this.#bounds.count++;
    this.#bounds.bytes += encoded.length;
    request.whenSettled(this.#leave);
  }

  /** Takes a request out, and returns its bytes; `undefined` where it does not wait any more. */
  take(request: Request): Uint8Array | undefined {
    const encoded = this.#encoded.get(request);
    if (encoded === undefined) return undefined;
    this.#encoded.delete(request);
    this.#bounds.count--;
    this.#bounds.bytes -= encoded.length;
    return encoded;
  }
}
