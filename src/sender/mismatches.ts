import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Warnings } from '../base/warnings.ts';

/** Addresses with another service: what is found before the sender has started is told of then. */
export class Mismatches {
  readonly #warnings: Warnings;
  #untold: CmdStreamError[] | undefined = [];

  constructor(warnings: Warnings) {
    this.#warnings = warnings;
  }

  /** Another service was found. */
  found(error: CmdStreamError): void {
    if (this.#untold === undefined) this.#tell(error);
    else this.#untold.push(error);
  }

  /** The sender has started: no error of `createSender` tells of them any more. */
  started(): void {
    const untold = this.#untold ?? [];
    this.#untold = undefined;
    for (const error of untold) this.#tell(error);
  }

  #tell({ message }: CmdStreamError): void {
    this.#warnings.warn(`cmd-stream: ${message}; it gets no Commands, and is looked at again from time to time`);
  }
}
