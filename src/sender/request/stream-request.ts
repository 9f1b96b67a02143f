import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { Command } from '../../protocol/command.ts';
import type { CommandEntry } from '../../protocol/protocol.ts';
import { Backlog, type WhenSlow } from '../client/backlog.ts';
import type { StreamCredit } from '../client/stream-credit.ts';
import { Request, type RequestContext } from './request.ts';
import { ResultQueue, type ResultSource } from './result-queue.ts';

/**
 * A send that is answered by several Results. Those that come faster than they are taken are kept within bounds; beyond
 * them the connection is told that it need not read on for them, or the request fails. Leaving them cancels the request.
 */
export class StreamRequest extends Request implements ResultSource {
  /** The stream that the caller reads. */
  readonly results: ResultQueue;
  readonly #backlog: Backlog;
  readonly #expected: number;
  readonly #whenSlow: WhenSlow;
  /** Credit that its server waits for, from the first Result on; none where it does not wait. */
  #credit: StreamCredit | undefined;

  /** @param expected - how many Results the caller wants at most. */
  constructor(
    command: Command,
    entry: CommandEntry,
    context: RequestContext,
    expected: number,
    whenSlow = context.whenSlow,
  ) {
    super(command, entry, context);
    this.#expected = expected;
    this.#whenSlow = whenSlow;
    this.#backlog = new Backlog(context.bounds);
    this.results = new ResultQueue(this, this.#backlog, context.refusals);
  }

  override get whenSlow(): WhenSlow {
    return this.#whenSlow;
  }

  override isFull(): boolean {
    return !this.results.isAwaited && this.#backlog.refuses(this.arrival, this.#whenSlow);
  }

  protected override describeFull(): string {
    return this.#backlog.describe(this.arrival.deliveries, this.#whenSlow);
  }

  protected override isLast(lastOne: boolean, count: number): boolean {
    return lastOne || count >= this.#expected;
  }

  protected override take(value: unknown, weight: number, size: number): void {
    if (this.received === 1) this.#begin();
    if (weight > this.#backlog.heaviest) this.#backlog.heaviest = weight;
    const isKept = this.results.push(value, weight, size, this.arrival.deliveries);
    if (!isKept) this.#credit?.taken(size, weight);
    this.#assess();
  }

  /** Nothing is kept yet. */
  #begin(): void {
    this.#credit = this.openCredit();
    this.#backlog.cover = this.#credit;
  }

  override release(): void {
    this.#credit?.end();
    super.release();
  }

  protected override complete(): void {
    this.results.end(undefined);
  }

  protected override abort(error: CmdStreamError): void {
    this.results.end(error);
  }

  // ---- what the caller does

  taken(size: number, weight: number): void {
    this.#credit?.taken(size, weight);
    this.#assess();
  }

  left(): void {
    this.cancelled(LEFT);
  }

  #assess(): void {
    if (this.#whenSlow === 'pause' && this.#backlog.reassess()) this.tellPressure(this.#backlog.pressure);
  }
}

const LEFT = 'the caller left the stream';
