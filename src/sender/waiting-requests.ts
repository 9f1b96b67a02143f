import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Request } from './request/request.ts';

/**
 * Requests that wait, in the order in which they came, with the bytes that they have been encoded into: what is sent in the
 * end is the value of the moment of the call. Their number and their bytes are bounded by the user of them: each weighs its
 * bytes, and about 1 KiB as a request.
 */
export class WaitingRequests {
  readonly #encoded = new Map<Request, Uint8Array>();
  readonly #leave = (request: Request) => void this.take(request);
  /** How many bytes they have been encoded into. */
  bytes = 0;

  get length(): number {
    return this.#encoded.size;
  }

  /** What is added meanwhile comes at the end. */
  [Symbol.iterator](): IterableIterator<[Request, Uint8Array]> {
    return this.#encoded.entries();
  }

  /** A request that settles while it waits leaves by itself. */
  add(request: Request, encoded: Uint8Array): void {
    this.#encoded.set(request, encoded);
    this.bytes += encoded.length;
    request.whenSettled(this.#leave);
  }

  /** Takes a request out, and returns its bytes; `undefined` where it does not wait any more. */
  take(request: Request): Uint8Array | undefined {
    const encoded = this.#encoded.get(request);
    if (encoded === undefined) return undefined;
    this.#encoded.delete(request);
    this.bytes -= encoded.length;
    return encoded;
  }

  /** Fails all of them; or those that are `chosen`. */
  failAll(toError: (commandName: string) => CmdStreamError, chosen?: (request: Request) => boolean): void {
    for (const request of [...this.#encoded.keys()]) {
      if (chosen === undefined || chosen(request)) request.failed(toError(request.command.name));
    }
  }
}
