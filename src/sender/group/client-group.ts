import type { DrainOptions } from '../../base/options/drain-options.ts';
import type { Command } from '../../protocol/command.ts';
import type { Group } from './group.ts';
import type { GroupTicket, ResultReceiver } from './group-send.ts';
import type { GroupState, GroupStatus } from './status.ts';

/**
 * The clients of one service, as one: `sender.group`. For those who write a sender of their own: `send` gives a Command to a
 * client that is ready and returns its ticket at once; Results go to the receiver. Hooks, circuit breaker, waiting and the
 * options of a send are the sender's, and not here.
 */
export class ClientGroup {
  /** Resolves when the group is closed, by `close` or because none of its clients can go on. Never rejects. */
  readonly done: Promise<void>;
  readonly #group: Group;
  readonly #drain: (options?: DrainOptions) => Promise<void>;

  /**
   * @internal
   * @param drain - drains the sender that the group belongs to.
   */
  constructor(group: Group, drain: (options?: DrainOptions) => Promise<void>) {
    this.done = group.done;
    this.#group = group;
    this.#drain = drain;
  }

  /** How many clients the group has, ready or not. */
  get size(): number {
    return this.#group.size;
  }

  /** What the group is doing now. */
  get state(): GroupState {
    return this.#group.state;
  }

  /** What the group and its clients are doing now. */
  get status(): GroupStatus {
    return this.#group.status;
  }

  /**
   * Gives `command` to a ready client. Its Results, or the one failure that ends it, go to `receiver`; what a server
   * refuses that shuts down fails with `closed`, since a ticket names one client. It throws at once, however often: a loop
   * that calls it again and again must give away its turn by itself.
   *
   * @throws CmdStreamError `invalid-argument`, `closed`, `unavailable`, `overloaded`, `encode-failed`,
   * `frame-too-large`; nothing was sent.
   */
  send(command: Command, receiver: ResultReceiver): GroupTicket {
    return this.#group.send(command, receiver);
  }

  /**
   * As {@link ClientGroup.send}; when `deadline` (milliseconds since the epoch, or a Date) passes before the last Result, the
   * Command is forgotten and the receiver gets `timeout`.
   *
   * @throws as {@link ClientGroup.send}, and CmdStreamError `timeout` where `deadline` has passed already; nothing was sent.
   */
  sendWithDeadline(command: Command, deadline: number | Date, receiver: ResultReceiver): GroupTicket {
    return this.#group.sendWithDeadline(command, deadline, receiver);
  }

  /** Whether the Command with sequence number `seq` of client `clientId` waits for Results. */
  has(seq: number, clientId: number): boolean {
    return this.#group.has(seq, clientId);
  }

  /** Waits no more for the Results of a Command; they go to `onUnexpectedResult`. Returns whether it was pending. */
  forget(seq: number, clientId: number): boolean {
    return this.#group.forget(seq, clientId);
  }

  /** Closes all clients at once: what is pending fails with `closed`. Resolves when nothing is left. Any number of times. */
  close(): Promise<void> {
    return this.#group.close();
  }

  /** As `drain()` of its sender: that has no other clients. */
  drain(options?: DrainOptions): Promise<void> {
    return this.#drain(options);
  }
}
