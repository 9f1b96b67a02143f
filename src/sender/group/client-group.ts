import type { Clock } from '../../base/clock.ts';
import { CmdStreamError, tellSubject } from '../../base/errors/cmd-stream-error.ts';
import type { DrainOptions } from '../../base/options/drain-options.ts';
import type { Command } from '../../protocol/command.ts';
import { entryOf } from '../../protocol/entry-of.ts';
import type { ProtocolTables } from '../../protocol/protocol.ts';
import { NO_METADATA } from '../../wire/extension/metadata.ts';
import { deadlineToTimeoutMs } from '../request/deadline.ts';
import { DirectRequest, type ResultReceiver } from '../request/direct-request.ts';
import type { RequestContext } from '../request/request.ts';
import type { Group } from './group.ts';
import type { GroupState, GroupStatus } from './status.ts';

/** Identity of a Command that was sent through the group. */
export interface GroupTicket {
  readonly seq: number;
  readonly clientId: number;
  /** Its bytes on the wire. */
  readonly size: number;
}

/** Parts that a {@link ClientGroup} stands in front of. */
export interface ClientGroupParts {
  readonly group: Group;
  readonly tables: ProtocolTables<unknown, unknown>;
  readonly requests: RequestContext;
  readonly options: { readonly clock: Clock };
}

/**
 * The clients of one service, as one: `sender.group`. For those who write a sender of their own: `send` gives a Command to a
 * client that is ready and returns its ticket at once; Results go to the receiver. Hooks, circuit breaker, waiting and the
 * options of a send are the sender's, and not here.
 */
export class ClientGroup {
  /** Resolves when the group is closed, by `close` or because none of its clients can go on. Never rejects. */
  readonly done: Promise<void>;
  readonly #parts: ClientGroupParts;
  readonly #group: Group;
  readonly #drain: (options?: DrainOptions) => Promise<void>;

  /**
   * @internal
   * @param drain - drains the sender that the group belongs to.
   */
  constructor(parts: ClientGroupParts, drain: (options?: DrainOptions) => Promise<void>) {
    const { group } = parts;
    this.done = group.done;
    this.#parts = parts;
    this.#group = group;
    this.#drain = drain;
  }

  /** How many clients the group has, ready or not. */
  get size(): number {
    return this.#group.size;
  }

  /** State of the group now. */
  get state(): GroupState {
    return this.#group.state;
  }

  /** Status of the group and its clients now. */
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
    return this.#sendFor(command, receiver, Number.POSITIVE_INFINITY);
  }

  /**
   * As {@link ClientGroup.send}; when `deadline` (milliseconds since the epoch, or a Date) passes before the last Result, the
   * Command is forgotten and the receiver gets `timeout`.
   *
   * @throws as {@link ClientGroup.send}, and CmdStreamError `timeout` where `deadline` has passed already; nothing was sent.
   */
  sendWithDeadline(command: Command, deadline: number | Date, receiver: ResultReceiver): GroupTicket {
    const { tables, options } = this.#parts;
    const timeoutMs = deadlineToTimeoutMs(deadline, options.clock);
    if (timeoutMs > 0) return this.#sendFor(command, receiver, timeoutMs);
    entryOf(tables, command);
    const error = new CmdStreamError('timeout', `${command.name} was not sent: its deadline had passed`);
    throw tellSubject(error, { command: command.name });
  }

  /** Whether the Command with sequence number `seq` of client `clientId` waits for Results. */
  has(seq: number, clientId: number): boolean {
    return this.#group.pendingAt(seq, clientId) !== undefined;
  }

  /** Waits no more for the Results of a Command; they go to `onUnexpectedResult`. Returns whether it was pending. */
  forget(seq: number, clientId: number): boolean {
    const pending = this.#group.pendingAt(seq, clientId);
    const wasPending = this.#group.forget(seq, clientId);
    if (wasPending && pending instanceof DirectRequest) pending.leave();
    return wasPending;
  }

  /** Closes all clients at once: what is pending fails with `closed`. Resolves when nothing is left. Any number of times. */
  close(): Promise<void> {
    return this.#group.close();
  }

  /** As `drain()` of its sender: that has no other clients. */
  drain(options?: DrainOptions): Promise<void> {
    return this.#drain(options);
  }

  /** @throws why it could not be sent. */
  #dispatch(request: DirectRequest): void {
    const { group } = this.#parts;
    let failure: unknown;
    request.startWithin(() => {
      try {
        const refusal = group.dispatch(request);
        if (refusal !== undefined) failure = group.refusalError(request.command.name, refusal);
      } catch (error) {
        failure = error;
      }
    });
    if (failure !== undefined) throw failure;
  }

  #sendFor(command: Command, receiver: ResultReceiver, timeoutMs: number): GroupTicket {
    const { tables, requests, options } = this.#parts;
    const request = new DirectRequest(command, entryOf(tables, command), requests, receiver);
    const nowMs = options.clock.monotonicMs();
    const metadata = request.isWatched ? request.begin(nowMs, NO_METADATA) : NO_METADATA;
    request.head = { deadlineMs: nowMs + timeoutMs, metadata };
    try {
      this.#dispatch(request);
    } catch (error) {
      const failure = tellSubject(CmdStreamError.from(error), { command: command.name });
      request.leave(failure);
      throw failure;
    }
    const { seq, clientId = -1, size } = request;
    if (Number.isFinite(timeoutMs) && !request.settled) request.setDeadline(timeoutMs, nowMs);
    return { seq, clientId, size };
  }
}
