import type { RequestEvent, ResultReceived } from '../../../machines/request.ts';
import { AsyncContext } from '../../base/async-context.ts';
import { hasMethods } from '../../base/errors/ask.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { invalidOption } from '../../base/options/check.ts';
import type { Command } from '../../protocol/command.ts';
import type { CommandEntry } from '../../protocol/protocol.ts';
import type { WhenSlow } from '../client/backlog.ts';
import type { StreamCredit } from '../client/stream-credit.ts';
import { Request, type RequestContext } from './request.ts';

/**
 * The receiver of the Results of a Command that was sent through `sender.group`: called in the async context of whoever sent
 * it.
 */
export interface ResultReceiver {
  /** A Result has arrived; nothing follows a `last` one. `type` is its name in the protocol. */
  result(result: {
    readonly type: string;
    readonly value: unknown;
    readonly size: number;
    readonly last: boolean;
  }): void;
  /** The Command has failed; nothing follows. */
  failed(error: CmdStreamError): void;
}

const RECEIVER: readonly (keyof ResultReceiver)[] = ['result', 'failed'];

/** A send through the group itself: its Results go to a receiver, as they come. */
export class DirectRequest extends Request {
  #credit: StreamCredit | undefined;
  /** None once nobody is to be told any more. */
  #receiver: ResultReceiver | undefined;
  /** Async context of the caller: what happens to the request comes from sockets and timers of all. */
  readonly #caller = new AsyncContext();

  /** @throws CmdStreamError `invalid-argument` for what is no receiver. */
  constructor(command: Command, entry: CommandEntry, context: RequestContext, receiver: ResultReceiver) {
    if (!hasMethods(receiver, RECEIVER)) {
      throw invalidOption('receiver', 'an object with result() and failed()', receiver);
    }
    super(command, entry, context);
    this.#receiver = receiver;
  }

  /** Ends it without a word to its receiver: nobody waits for it any more, or its caller is told by an exception. */
  leave(error?: CmdStreamError): void {
    this.#receiver = undefined;
    if (error === undefined) this.cancelled(undefined);
    else this.failed(error);
  }

  /** Its ticket names the one client that it was given to. */
  override returned(error: CmdStreamError): void {
    this.failed(error);
  }

  override deliver(event: RequestEvent): void {
    const { value, resultType: type, size, weight, last } = event as ResultReceived;
    this.received++;
    if (this.received === 1) this.#credit = this.openCredit();
    this.#tell('result() of a receiver', (receiver) => receiver.result({ type, value, size, last }));
    this.#credit?.taken(size, weight);
  }

  override release(): void {
    this.#credit?.end();
    super.release();
  }

  /** Its receiver takes what comes. */
  override get whenSlow(): WhenSlow {
    return 'pause';
  }

  protected override isLast(lastOne: boolean): boolean {
    return lastOne;
  }

  protected override abort(error: CmdStreamError): void {
    this.#tell('failed() of a receiver', (receiver) => receiver.failed(error));
  }

  protected override take(): void {}
  protected override complete(): void {}

  #tell(what: string, tell: (receiver: ResultReceiver) => void): void {
    const receiver = this.#receiver;
    if (receiver === undefined) return;
    this.context.warnings.callUser(what, () => this.#caller.run(() => tell(receiver)));
  }
}
