import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { invalidOption } from '../../base/options/check.ts';

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

  /**
   * Lets `signal` cancel `cancellable`: now, where it has fired already.
   * @throws CmdStreamError `invalid-argument` for what only looks like a signal; nothing is watched then.
   */
  heed(signal: AbortSignal, cancellable: Cancellable): void {
    try {
      if (signal.aborted === true) cancellable.cancelled(signal.reason);
      else this.add(signal, cancellable);
    } catch (error) {
      const message = `${invalidOption('signal', 'an AbortSignal', signal).message}, which threw`;
      throw new CmdStreamError('invalid-argument', message, { cause: error });
    }
  }

  /**
   * Lets `signal`, which has not fired, cancel `cancellable`.
   * @throws what the signal's `addEventListener` throws; nothing is watched then.
   */
  add(signal: AbortSignal, cancellable: Cancellable): void {
    let shared = this.#cancellables.get(signal);
    if (shared !== undefined) {
      shared.cancellables.add(cancellable);
      return;
    }
    shared = new SharedSignal(signal);
    shared.cancellables.add(cancellable);
    // First: what is no AbortSignal of the platform's may throw, or fire at once.
    signal.addEventListener('abort', shared);
    if (shared.cancellables.size > 0) this.#cancellables.set(signal, shared);
  }

  /** Ends that; harmless where it has ended. */
  remove(signal: AbortSignal, cancellable: Cancellable): void {
    const shared = this.#cancellables.get(signal);
    if (shared === undefined) return;
    shared.cancellables.delete(cancellable);
    if (shared.cancellables.size > 0) return;
    this.#cancellables.delete(signal);
    try {
      signal.removeEventListener('abort', shared);
    } catch {
      // Whatever it is that only looks like a signal: its listener cancels nothing any more.
    }
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
    const reason = this.#reason;
    for (const cancellable of this.cancellables) cancellable.cancelled(reason);
  }

  get #reason(): unknown {
    try {
      return this.#signal.reason;
    } catch (error) {
      return error;
    }
  }
}
