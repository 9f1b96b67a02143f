/**
 * Keeps what one connection sends in order where encoding a Result runs code of the user's (a getter, `toJSON`) that sends
 * Results itself: those wait for the end of the one that is being encoded. What waits is held by that code's own doing,
 * and no longer than it runs.
 */
export class SendingOrder {
  /** Whether a frame is being encoded, so that nothing can be appended; said by whoever encodes. */
  isEncoding = false;
  /** Whether something waits already, so that what comes now must come behind it. */
  isWaiting = false;

  #waiting: (() => void)[] = [];
  #releasing = false;

  /** Has `send` called behind what is being encoded, and behind what waits already. */
  wait(send: () => void): void {
    this.isWaiting = true;
    this.#waiting.push(send);
  }

  /** Sends what waits; to be called when what was encoded has had its consequences. */
  release(): void {
    if (this.#releasing || this.isEncoding) return;
    this.#releasing = true;
    try {
      // More may come while these are sent.
      for (const send of this.#waiting) send();
    } finally {
      this.#waiting = [];
      this.isWaiting = false;
      this.#releasing = false;
    }
  }
}
