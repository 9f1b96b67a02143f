import type { Clock } from '../../base/clock.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { PendingTable } from '../../base/pending-table.ts';
import type { Head } from '../../wire/extension/head.ts';
import { NO_METADATA } from '../../wire/extension/metadata.ts';
import type { FrameChannel, SendGate } from '../../wire/frame-channel.ts';
import type { Carrier, PendingCommand } from './pending-command.ts';

/** The error of a Command whose connection has ended, by the Command's name. */
export type ReasonOfEnd = (commandName: string, mayHaveExecuted: boolean) => CmdStreamError;

/**
 * The way of Commands out of a connection and into its table. Encoding one calls code of the user's, which may settle that
 * very Command, or end the connection: it leaves only where both are still what they were.
 */
export class Departure implements SendGate {
  readonly #channel: FrameChannel;
  readonly #pending: PendingTable<PendingCommand>;
  readonly #clock: Clock;
  /** The head of the Command that leaves: written before anything else is, so that one object does for all. */
  readonly #head: { -readonly [Field in keyof Head]: Head[Field] } = { leftMs: undefined, metadata: NO_METADATA };
  /** The Command that is being encoded. */
  #leaving: PendingCommand | undefined;
  #refusing = false;
  /** Why the connection has ended. */
  #reason: ReasonOfEnd | undefined;

  constructor(channel: FrameChannel, pending: PendingTable<PendingCommand>, clock: Clock) {
    this.#clock = clock;
    this.#channel = channel;
    this.#pending = pending;
  }

  /** See {@link Connection.send}. */
  send(carrier: Carrier, seq: number, pending: PendingCommand, encoded: Uint8Array | undefined): boolean {
    const outer = this.#leaving;
    this.#leaving = pending;
    let size: number;
    try {
      const { type, payload } = pending.command;
      const channel = this.#channel;
      const head = this.#headOf(pending);
      size =
        encoded === undefined
          ? channel.send(seq, type, payload, this, head)
          : channel.sendEncoded(seq, encoded, this, head);
    } finally {
      this.#leaving = outer;
    }
    if (size === 0) return false;
    this.#pending.add(seq, pending);
    pending.sent(carrier, seq, size);
    // Large batches are written at once: a transport may find out there and then that its stream is over.
    if (this.#reason !== undefined) this.#failPending(this.#reason);
    return true;
  }

  #headOf({ head }: PendingCommand): Head | undefined {
    if (head === undefined || this.#channel.welcome === undefined) return undefined;
    const { deadlineMs, leftMs, metadata } = head;
    const isKnown = deadlineMs === undefined || leftMs !== undefined;
    this.#head.leftMs = isKnown ? leftMs : deadlineMs - this.#clock.monotonicMs();
    this.#head.metadata = metadata;
    return this.#head;
  }

  /** Whether what is being encoded may leave still. */
  get mayLeave(): boolean {
    return !this.#refusing && this.#leaving?.settled !== true;
  }

  /** No Command leaves any more, one that is being encoded among them. */
  refuse(): void {
    this.#refusing = true;
  }

  /** The connection has ended: fails what is pending. */
  end(reason: ReasonOfEnd): void {
    this.#refusing = true;
    this.#reason = reason;
    this.#failPending(reason);
  }

  #failPending(reason: ReasonOfEnd): void {
    const { lastFlushedSeq } = this.#channel.flow;
    for (const [seq, pending] of this.#pending.all()) {
      if (this.#pending.delete(seq)) pending.failed(reason(pending.command.name, seq <= lastFlushedSeq));
    }
  }
}
