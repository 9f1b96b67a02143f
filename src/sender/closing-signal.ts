import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { type Cancellable, SignalWatch } from './request/signal-watch.ts';

/** Of all senders: a service mostly has one signal for all that it opens. */
const watch = new SignalWatch();

/** The signal that ends a sender (option `signal`): while it connects, and from then on until it is closed. */
export class ClosingSignal implements Cancellable {
  readonly #signal: AbortSignal | undefined;
  #fired: { readonly reason: unknown } | undefined;
  #close: (() => void) | undefined;

  /**
   * Listens to `signal`.
   * @throws CmdStreamError `cancelled` where it has fired already; `invalid-argument` where it only looks like a signal.
   */
  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    if (signal === undefined) return;
    watch.heed(signal, this);
    this.throwIfFired();
  }

  get hasFired(): boolean {
    return this.#fired !== undefined;
  }

  /** Calls `close` when it fires; at once, where it has fired meanwhile: what is called to make a sender may be the user's. */
  closes(close: () => void): void {
    this.#close = close;
    if (this.hasFired) close();
  }

  /** @throws CmdStreamError `cancelled` where it has fired. */
  throwIfFired(): void {
    if (this.#fired === undefined) return;
    this.stop();
    const message = 'createSender() was cancelled by its caller, before a client was ready';
    throw new CmdStreamError('cancelled', message, { cause: this.#fired.reason });
  }

  /** Listens no more. */
  stop(): void {
    if (this.#signal !== undefined) watch.remove(this.#signal, this);
  }

  // ---- Cancellable

  cancelled(reason: unknown): void {
    this.#fired ??= { reason };
    this.#close?.();
  }
}
