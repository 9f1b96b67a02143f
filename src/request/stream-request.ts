import type { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Command } from '../protocol/command.ts';
import type { CommandEntry } from '../protocol/protocol.ts';
import { Request, type RequestContext } from './request.ts';
import { ResultQueue } from './result-queue.ts';

/**
 * A send that is answered by several Results. Those that come faster than they are taken are kept, up to
 * `maxBufferedResults` and what arrives at once; leaving them cancels the request.
 */
export class StreamRequest extends Request {
  /** What the caller has of it. */
  readonly results = new ResultQueue(() => this.cancelled(LEFT));
  readonly #expected: number;
  #delivery = -1;
  #waitingBefore = 0;

  /** @param expected - how many Results the caller wants at most. */
  constructor(command: Command, entry: CommandEntry, context: RequestContext, expected: number) {
    super(command, entry, context);
    this.#expected = expected;
  }

  /**
   * Counts what was waiting when the bytes arrived that are being read: thousands of small Results may arrive at once,
   * before even the quickest caller has a turn to take one.
   */
  override isFull(): boolean {
    if (this.#delivery !== this.delivery) {
      this.#delivery = this.delivery;
      this.#waitingBefore = this.results.length;
    }
    return this.#waitingBefore >= this.context.maxBufferedResults;
  }

  protected override isLast(lastOne: boolean, count: number): boolean {
    return lastOne || count >= this.#expected;
  }

  protected override take(value: unknown): void {
    this.results.push(value);
  }

  protected override complete(): void {
    this.results.end(undefined);
  }

  protected override abort(error: CmdStreamError): void {
    this.results.end(error);
  }
}

const LEFT = 'the caller left the stream';
