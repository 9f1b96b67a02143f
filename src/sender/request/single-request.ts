import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { Command } from '../../protocol/command.ts';
import type { CommandEntry } from '../../protocol/protocol.ts';
import { Request, type RequestContext } from './request.ts';

/** A send that is answered by one Result: a promise. */
export class SingleRequest extends Request {
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: CmdStreamError) => void;

  constructor(command: Command, entry: CommandEntry, context: RequestContext) {
    super(command, entry, context);
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  protected override isLast(): boolean {
    return true;
  }

  protected override take(value: unknown): void {
    this.#resolve(value);
  }

  /** The one Result has been taken already. */
  protected override complete(): void {}

  protected override abort(error: CmdStreamError): void {
    this.#reject(error);
  }
}
