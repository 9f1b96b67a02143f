import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { type Credit, MAX_CREDIT } from '../wire/extension/credit.ts';

/** Memory that a Result takes at the client beside its bytes. */
const RESULT_BYTES = 64;

/**
 * What the client lets the server send for one Command: a Result costs one, and its bytes on the wire. Once either is used up
 * the handler waits until more is granted, or until there is nothing to wait for.
 */
export class CommandCredit {
  #results: number;
  #bytes: number;
  readonly #waiting: Set<CommandCredit>;
  /** The promise that it is granted more, where anybody waits for that, and what resolves it. */
  #more: Promise<void> | undefined;
  #goOn: (() => void) | undefined;

  /** @param waiting - those of the connection that are waited for. */
  constructor({ results, bytes }: Credit, waiting: Set<CommandCredit>) {
    this.#results = results;
    this.#bytes = bytes;
    this.#waiting = waiting;
  }

  /** Whether nothing may be sent until more is granted. */
  get isUsedUp(): boolean {
    return this.#results <= 0 || this.#bytes <= 0;
  }

  /** Memory at the client of what was sent beyond it. */
  get overdrawnBytes(): number {
    return Math.max(0, -this.#bytes) + RESULT_BYTES * Math.max(0, -this.#results);
  }

  /** A Result of so many bytes was sent. */
  spend(bytes: number): void {
    this.#results--;
    this.#bytes -= bytes;
  }

  /**
   * The client grants more.
   * @throws CmdStreamError `protocol-error` where that is more than a number holds.
   */
  grant({ results, bytes }: Credit): void {
    this.#results += results;
    this.#bytes += bytes;
    if (this.#results > MAX_CREDIT || this.#bytes > MAX_CREDIT) {
      throw new CmdStreamError('protocol-error', 'malformed credit: together with what is left it is above 2^53 - 1');
    }
    if (!this.isUsedUp) this.release();
  }

  /** The promise that there is more, or nothing to wait for. */
  wait(): Promise<void> {
    this.#more ??= new Promise((resolve) => {
      this.#goOn = resolve;
      this.#waiting.add(this);
    });
    return this.#more;
  }

  /** Whoever waits goes on. */
  release(): void {
    const goOn = this.#goOn;
    if (goOn === undefined) return;
    this.#more = undefined;
    this.#goOn = undefined;
    this.#waiting.delete(this);
    goOn();
  }
}
