import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { RESERVED_TYPES } from '../../protocol/reserved.ts';
import { type Credit, encodeCredit, MAX_CREDIT } from '../../wire/extension/credit.ts';
import type { FrameChannel } from '../../wire/frame-channel.ts';
import type { Cover, WhenSlow } from './backlog.ts';
import type { CreditBudget } from './credit-budget.ts';
import { type Grantor, StreamCredit } from './stream-credit.ts';

/** More than any stream sends, and not too much together with what it was granted at first. */
const NO_LIMIT: Credit = Object.freeze({ results: Math.floor(MAX_CREDIT / 2), bytes: Math.floor(MAX_CREDIT / 2) });

/** The server of a connection as its WELCOME shows it, and what it is told by the wire extension. One without it is told nothing. */
export class GreetedServer implements Grantor {
  /** Whether it has the wire extension. */
  readonly isExtended: boolean;
  readonly #address: string;
  readonly #channel: Pick<FrameChannel, 'sendControl'>;
  readonly #pending: { has(seq: number): boolean };
  readonly #budget: CreditBudget;
  /** How many Commands it has said that it knows. */
  readonly #knownCommands: number = Number.POSITIVE_INFINITY;

  /** @param pending - the Commands that wait for Results. */
  constructor(
    address: string,
    channel: Pick<FrameChannel, 'sendControl' | 'welcome'>,
    pending: { has(seq: number): boolean },
    budget: CreditBudget,
  ) {
    this.#address = address;
    this.#channel = channel;
    this.#pending = pending;
    this.#budget = budget;
    this.isExtended = channel.welcome !== undefined;
    const known = channel.welcome?.commands.length ?? 0;
    if (known > 0) this.#knownCommands = known;
  }

  /** What it is granted at most for a stream; none where it waits for nothing. */
  get cover(): Cover | undefined {
    return this.isExtended ? this.#budget : undefined;
  }

  /** @throws CmdStreamError `command-invalid` for a Command that it does not know. */
  checkKnown(type: number): void {
    if (type < this.#knownCommands) return;
    const message = `${this.#address} knows no such Command: it has ${this.#knownCommands}, since it is of an older version of the protocol`;
    throw new CmdStreamError('command-invalid', message);
  }

  /** Nobody waits for a Command any more. */
  cancel(seq: number): void {
    if (this.isExtended) this.#channel.sendControl(seq, RESERVED_TYPES.cancel);
  }

  /**
   * The first of several Results has come: returns the credit of the stream. One that is to fail where its consumer is slow has
   * none: the server may send all there is. It is told so now, when it certainly has the Command.
   */
  openCredit(seq: number, whenSlow: WhenSlow): StreamCredit | undefined {
    if (!this.isExtended) return undefined;
    if (whenSlow === 'pause') return new StreamCredit(this.#budget, this, seq);
    this.grant(seq, NO_LIMIT);
    return undefined;
  }

  /** It may send more for a Command, if that is pending still. */
  grant(seq: number, { results, bytes }: Credit): void {
    if (this.#pending.has(seq)) this.#channel.sendControl(seq, RESERVED_TYPES.credit, encodeCredit(results, bytes));
  }
}
