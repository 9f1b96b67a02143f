import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { AbandonedCommand } from './service.ts';

/** Listeners of one connection for the moment at which its client can no longer be reached. */
export class Abandonment {
  /** Why the client can no longer be reached, once it cannot. */
  reason: CmdStreamError | undefined;

  readonly #remoteAddress: string;
  readonly #commands = new Set<AbandonedCommand>();
  /** Controllers of the signals, by the Command whose handler asked for one. */
  readonly #signals = new Map<object, AbortController>();

  constructor(remoteAddress: string) {
    this.#remoteAddress = remoteAddress;
  }

  /** Tells a Command; at once where the client cannot be reached already. */
  watch(command: AbandonedCommand): void {
    if (this.reason !== undefined) command.abandoned(this.reason);
    else this.#commands.add(command);
  }

  /** Makes a signal that fires; at once where `isOpen` says that nobody is reached now. */
  makeSignal(owner: object, isOpen: boolean): AbortSignal {
    const controller = new AbortController();
    if (isOpen) this.#signals.set(owner, controller);
    else controller.abort(this.reason ?? this.#closed());
    return controller.signal;
  }

  /** Fires the signal of one Command. */
  fire(owner: object, reason: CmdStreamError): void {
    const controller = this.#signals.get(owner);
    this.#signals.delete(owner);
    controller?.abort(reason);
  }

  /** A Command is answered, and so concerned no more. */
  settled(owner: object): void {
    if (this.#signals.size > 0) this.#signals.delete(owner);
    if (this.#commands.size > 0) this.#commands.delete(owner as AbandonedCommand);
  }

  /** Tells all; those who ask later are told the same reason. */
  tell(error: unknown): void {
    this.reason ??= error === undefined ? this.#closed() : CmdStreamError.from(error, 'connection-lost');
    for (const command of this.#commands) command.abandoned(this.reason);
    this.#commands.clear();
    for (const controller of this.#signals.values()) controller.abort(this.reason);
    this.#signals.clear();
  }

  #closed(): CmdStreamError {
    return new CmdStreamError('closed', `the connection to ${this.#remoteAddress} is closed`);
  }
}
