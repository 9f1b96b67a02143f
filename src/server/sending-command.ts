import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { isLastOne } from '../protocol/last-one.ts';
import type { Credit } from '../wire/extension/credit.ts';
import { CommandContext } from './command-context.ts';
import type { CommandCredit } from './command-credit.ts';
import type { ResultProxy } from './handlers.ts';
import type { StreamedCommand } from './one-by-one.ts';
import { NOT_AWAITED } from './room.ts';
import { resultEntryOf } from './route.ts';

/** The Results of one Command on their way to its client: in order, and as fast as that takes them. */
export abstract class SendingCommand extends CommandContext implements ResultProxy<unknown>, StreamedCommand {
  /** Itself, once anybody has asked for `context.proxy`. */
  #proxy: ResultProxy<unknown> | undefined;
  /** The promise that its handler is to await before it sends by the proxy again; nothing where it has, or need not. */
  #pause: Promise<void> | undefined;
  /** What the client lets it send, from the first Result that is not the last; none where the client says nothing of it. */
  #credit: CommandCredit | undefined;

  get proxy(): ResultProxy<unknown> {
    this.#proxy ??= this;
    return this.#proxy;
  }

  /** Whether anybody has asked for it. */
  protected get isProxied(): boolean {
    return this.#proxy !== undefined;
  }

  get isAnswered(): boolean {
    return this.answered;
  }

  get closed(): boolean {
    return this.answered || this.stopped !== undefined || !this.port.isOpen;
  }

  send(result: unknown): Promise<void> | undefined {
    const { order } = this.port;
    // What its neighbours have sent is not held against it.
    const isOverfull = this.#pause !== undefined && this.#isOverfull;
    if (order.isEncoding || order.isWaiting) order.wait(() => this.#giveOrOverload(result, isOverfull));
    else this.#giveOrOverload(result, isOverfull);
    // One for all that a handler sends meanwhile, should it not await: they may be many.
    this.#pause ??= this.#room()?.then(() => {
      this.#pause = undefined;
    });
    return this.#pause;
  }

  pause(): Promise<void> | undefined {
    return this.closed ? undefined : this.#room();
  }

  /** Sends a Result, and what encoding it made others send; returns whether more may follow. */
  give(result: unknown): boolean {
    if (this.closed) return false;
    const { result: only } = this.route;
    const { order } = this.port;
    try {
      const entry = only ?? resultEntryOf(this.route, result);
      const value = only === undefined ? (result as { value: unknown }).value : result;
      const last = isLastOne(entry, value);
      // The user's `lastOne` may have answered the Command itself.
      if (this.answered) return false;
      const size = this.port.send(this.seq, entry.type, value);
      if (!last) this.#spend(size);
      this.sent(last);
    } catch (error) {
      this.fail(error);
    }
    if (order.isWaiting) order.release();
    return !this.answered;
  }

  /** The client lets it send more. Throws `protocol-error` where that is more than a number holds. */
  grant(more: Credit): void {
    this.#credit ??= this.port.makeCredit(this.seq);
    this.#credit?.grant(more);
  }

  /** A Result was sent. */
  protected abstract sent(last: boolean): void;
  /** The handler has failed, or what it gave cannot be sent. */
  protected abstract fail(error: unknown): void;
  abstract dropResult(): void;
  abstract failWithoutLast(): void;

  protected override settle(): void {
    super.settle();
    this.#credit?.release();
  }

  protected override stopFor(reason: CmdStreamError): void {
    super.stopFor(reason);
    this.#credit?.release();
  }

  #spend(size: number): void {
    this.#credit ??= this.port.makeCredit(this.seq);
    this.#credit?.spend(size);
  }

  /** A promise where it should wait before it gives more: for the client to take what it has of this Command, or of all. */
  #room(): Promise<void> | undefined {
    const credit = this.#credit;
    if (credit?.isUsedUp && !this.closed) return credit.wait();
    return this.port.room();
  }

  /** Whether so much was sent that no handler which awaits can have caused it. */
  get #isOverfull(): boolean {
    const overdrawnBytes = this.#credit?.overdrawnBytes ?? 0;
    return this.port.isOverfull || overdrawnBytes >= 2 * this.port.service.options.maxBufferedBytes;
  }

  #giveOrOverload(result: unknown, isOverfull: boolean): void {
    if (this.closed) return;
    if (isOverfull) this.fail(new CmdStreamError('overloaded', NOT_AWAITED));
    else this.give(result);
  }
}
