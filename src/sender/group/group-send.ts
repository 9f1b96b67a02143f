import { AsyncContext } from '../../base/async-context.ts';
import { hasMethods } from '../../base/errors/ask.ts';
import { CmdStreamError, tellSubject } from '../../base/errors/cmd-stream-error.ts';
import { invalidOption } from '../../base/options/check.ts';
import type { Warnings } from '../../base/warnings.ts';
import type { Command } from '../../protocol/command.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';
import type { WhenSlow } from '../client/backlog.ts';
import type { Carrier, PendingCommand } from '../client/pending-command.ts';
import type { DeadlineBucket, DeadlineEntry, DeadlineQueue } from '../request/deadline-queue.ts';

/**
 * Receiver of the Results of a Command that was sent through the group itself: called in the async context of whoever sent
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

/** Identity of a Command that was sent through the group. */
export interface GroupTicket {
  readonly seq: number;
  readonly clientId: number;
  /** Its bytes on the wire. */
  readonly size: number;
}

/** Context that all sends through the group share. */
export interface GroupSendContext {
  readonly deadlines: DeadlineQueue;
  readonly warnings: Warnings;
  /** For Results that come faster than an asynchronous schema checks them; the receiver takes each at once. */
  readonly whenSlow: WhenSlow;
}

/** A Command on its way through the group itself, without a sender above. */
export class GroupSend implements PendingCommand, DeadlineEntry, GroupTicket {
  readonly command: Command;
  received = 0;
  settled = false;
  seq = 0;
  size = 0;
  deadlineBucket: DeadlineBucket | undefined;
  nextInBucket: DeadlineEntry | undefined;
  previousInBucket: DeadlineEntry | undefined;
  readonly #receiver: ResultReceiver;
  readonly #context: GroupSendContext;
  /** Async context of the caller: what happens to the Command comes from sockets and timers of all. */
  readonly #caller = new AsyncContext();
  #carrier: Carrier | undefined;

  constructor(command: Command, receiver: ResultReceiver, context: GroupSendContext) {
    if (!hasMethods(receiver, RECEIVER)) {
      throw invalidOption('receiver', 'an object with result() and failed()', receiver);
    }
    this.command = command;
    this.#receiver = receiver;
    this.#context = context;
  }

  get clientId(): number {
    return this.#carrier?.clientId ?? -1;
  }

  get whenSlow(): WhenSlow {
    return this.#context.whenSlow;
  }

  armed(timeoutMs: number): this {
    if (this.settled) return this;
    if (Number.isFinite(timeoutMs)) this.#context.deadlines.arm(this, Math.max(timeoutMs, 0));
    return this;
  }

  sent(carrier: Carrier, seq: number, size: number): void {
    this.#carrier = carrier;
    this.seq = seq;
    this.size = size;
  }

  result(entry: ResultEntry, value: unknown, size: number, lastOne: boolean): void {
    this.received++;
    if (lastOne) this.#settle();
    const result = { type: entry.name, value, size, last: lastOne };
    this.#context.warnings.callUser('result() of a receiver', () =>
      this.#caller.run(() => this.#receiver.result(result)),
    );
  }

  failed(error: CmdStreamError): void {
    const { command, seq } = this;
    tellSubject(error, {
      command: command.name,
      address: this.#carrier?.address,
      clientId: this.#carrier?.clientId,
      seq,
    });
    this.#settle();
    this.#context.warnings.callUser('failed() of a receiver', () =>
      this.#caller.run(() => this.#receiver.failed(error)),
    );
  }

  /** Its ticket names the one client that it was given to. */
  returned(error: CmdStreamError): void {
    this.failed(error);
  }

  deadlineReached(): void {
    if (this.#carrier?.forget(this.seq) !== true) return;
    const message = `${this.command.name} at ${this.#carrier.address} was not answered by its deadline`;
    this.failed(new CmdStreamError('timeout', message, { mayHaveExecuted: true }));
  }

  #settle(): void {
    this.settled = true;
    this.#context.deadlines.disarm(this);
  }
}
