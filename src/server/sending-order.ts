/**
 * Keeps what one connection sends in order where encoding a Result runs code of the user's (a getter, `toJSON`) that sends
 * Results itself: those wait for the end of the one that is being encoded. What waits is held by that code's own doing,
 * and no longer than it runs.
 */
export class SendingOrder {
  #encoding = false;
  #waiting: (() => void)[] | undefined;
  #releasing = false;

  /** Whether a frame is being encoded: nothing can be appended. */
  get isEncoding(): boolean {
    return this.#encoding;
  }

  /** Whether what is to be sent must {@link wait}. */
  get isBusy(): boolean {
    return this.#encoding || this.#waiting !== undefined;
  }

  /** A frame is about to be encoded. To be followed by {@link encoded}, whatever happens. */
  encoding(): void {
    this.#encoding = true;
  }

  /** No frame is being encoded any more. */
  encoded(): void {
    this.#encoding = false;
  }

  /** Has `send` called behind what is being encoded, and behind what waits already. */
  wait(send: () => void): void {
    this.#waiting ??= [];
    this.#waiting.push(send);
  }

  /** Sends what waits; to be called when what was encoded has had its consequences. */
  release(): void {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#releasing || this.#encoding) return;
    this.#releasing = true;
    try {
      // More may come while these are sent.
      for (const send of waiting) send();
    } finally {
      this.#waiting = undefined;
      this.#releasing = false;
    }
  }
}
