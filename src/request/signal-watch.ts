/** Something that a signal can cancel. */
export interface Cancellable {
  /** The signal fired, for `reason`. */
  cancelled(reason: unknown): void;
}

/**
 * Which requests each signal cancels. However many share a signal, there is one listener on it: Node warns of a leak
 * where there are more than ten, and takes ever longer to remove one.
 */
export class SignalWatch {
  readonly #cancellables = new Map<AbortSignal, SharedSignal>();

  /** Lets `signal`, which has not fired, cancel `cancellable`. */
  add(signal: AbortSignal, cancellable: Cancellable): void {
    let shared = this.#cancellables.get(signal);
    if (shared === undefined) {
      shared = new SharedSignal(signal);
      this.#cancellables.set(signal, shared);
      signal.addEventListener('abort', shared);
    }
    shared.cancellables.add(cancellable);
  }

  /** Ends that; harmless where it has ended. */
  remove(signal: AbortSignal, cancellable: Cancellable): void {
    const shared = this.#cancellables.get(signal);
    if (shared === undefined) return;
    shared.cancellables.delete(cancellable);
    if (shared.cancellables.size > 0) return;
    this.#cancellables.delete(signal);
    signal.removeEventListener('abort', shared);
  }
}

/** The one listener of a signal. */
class SharedSignal {
  readonly cancellables = new Set<Cancellable>();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  handleEvent(): void {
    for (const cancellable of this.cancellables) cancellable.cancelled(this.#signal.reason);
  }
}
