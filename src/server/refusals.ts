import { retryAfterOf, writePushBack } from '../protocol/push-back.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import type { ReceivedHead } from '../wire/extension/head.ts';
import { tellNotExecuted } from './command-watch.ts';
import { overloadMessage } from './overload.ts';
import type { ResultPort } from './service.ts';

const SHUTTING_DOWN = 'the server is shutting down, and has not executed it';

/** Answers the Commands of a session that are not executed, and tells the operator of them. */
export class Refusals {
  readonly #port: ResultPort;

  constructor(port: ResultPort) {
    this.#port = port;
  }

  /** One of a newer protocol: the client's other Commands are good. */
  unknown(seq: number, type: number, head: ReceivedHead): void {
    const last = this.#port.service.routes.length - 1;
    this.#refuse(
      seq,
      type,
      head,
      'command-invalid',
      `this server's protocol has no Command of type ${type}, only 0 to ${last}`,
    );
  }

  /** One whose time was over before its handler began. */
  expired(seq: number, type: number, head: ReceivedHead): void {
    this.#refuse(seq, type, head, 'timeout', 'its time was over before the server came to it: it was not executed');
  }

  /** One that its caller gave up while it waited: nobody is to be told but the operator. */
  cancelled(seq: number, type: number, head: ReceivedHead): void {
    tellNotExecuted(this.#port, seq, type, head, 'cancelled', 'its caller gave it up before the server came to it');
  }

  /** One for which there is no room to wait. */
  overloaded(seq: number, type: number, head: ReceivedHead, inFlight: number, heldBytes: number): void {
    const message = overloadMessage(this.#port.service.options, inFlight, heldBytes);
    this.#refuse(seq, type, head, 'overloaded', message, this.#pushBack);
  }

  /** One that came while the server shuts down; `isTold`: whether its client can be told so. */
  shuttingDown(seq: number, type: number, head: ReceivedHead, isTold: boolean): void {
    if (isTold) this.#refuse(seq, type, head, 'closed', SHUTTING_DOWN, this.#pushBack);
    else tellNotExecuted(this.#port, seq, type, head, 'closed', SHUTTING_DOWN);
  }

  /** The wait that the operator wants, as error Results carry it. */
  get #pushBack(): string | undefined {
    const waitMs = retryAfterOf(this.#port.service.options.retryAfterMs);
    return waitMs === undefined ? undefined : writePushBack(waitMs);
  }

  #refuse(
    seq: number,
    type: number,
    head: ReceivedHead,
    code: ErrorResult['code'],
    message: string,
    failure?: string,
  ): void {
    this.#port.sendError(seq, failure === undefined ? { code, message } : { code, message, failure });
    tellNotExecuted(this.#port, seq, type, head, code, message);
  }
}
