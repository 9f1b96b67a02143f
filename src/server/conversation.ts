import type { DeadlineBucket, DeadlineEntry, DeadlineQueue } from '../base/deadline-queue.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { PendingTable } from '../base/pending-table.ts';
import { RESERVED_TYPES } from '../protocol/reserved.ts';
import type { ControlFrame } from '../wire/extension/control-frame.ts';
import { type Credit, readCredit } from '../wire/extension/credit.ts';
import { NO_HEAD, type ReceivedHead, readHead } from '../wire/extension/head.ts';
import { type Hello, readHello } from '../wire/extension/introduction.ts';
import type { ConnectionInfo } from './callback-infos.ts';
import { CommandCredit } from './command-credit.ts';
import { GreetedPeer } from './greeted-peer.ts';
import type { RunningCommand } from './running-command.ts';

/** So many Commands may be cancelled while they wait, undecoded; what is cancelled beyond is executed for nobody. */
const MAX_CANCELLED = 10_000;
const NEVER_MS = Number.POSITIVE_INFINITY;

/**
 * What one client has told by the wire extension: who it is, and of its Commands how long they have and what is not wanted.
 * Their deadlines hang on one entry of the queue, for the earliest of them: most have the same time, and few outlive it.
 */
export class Conversation implements DeadlineEntry {
  deadlineBucket: DeadlineBucket | undefined = undefined;
  nextInBucket: DeadlineEntry | undefined = undefined;
  previousInBucket: DeadlineEntry | undefined = undefined;
  /** Info on the connection and its client. */
  readonly info: ConnectionInfo;
  /** The highest sequence number whose Command was taken. */
  lastSeq = 0;
  /** What it has said of itself. */
  hello: Hello | undefined;
  /** Credit that handlers wait for. */
  readonly #awaited = new Set<CommandCredit>();
  readonly #peer: GreetedPeer;
  readonly #deadlines: DeadlineQueue;
  /** The head that came last, and whose it is. */
  #head: ReceivedHead = NO_HEAD;
  #headSeq = 0;
  /** The Commands whose handlers are not through. */
  readonly #running = new PendingTable<RunningCommand>();
  /** When the earliest deadline of them is due, or was: what it belonged to may be through. */
  #dueMs = NEVER_MS;
  /** Those that were cancelled before they were decoded. */
  readonly #cancelled = new Set<number>();

  constructor(info: ConnectionInfo, deadlines: DeadlineQueue) {
    this.#peer = new GreetedPeer(info.peer);
    this.info = { ...info, peer: this.#peer };
    this.#deadlines = deadlines;
  }

  /** Whether it has said hello; until then it is taken for one that has no extension. */
  get hasBegun(): boolean {
    return this.hello !== undefined;
  }

  /** Whether it is told when a Command has had its last Result: it cannot know by itself. */
  get tellsEnds(): boolean {
    return this.hello?.describe === true;
  }

  /**
   * The client has said something: who it is first of all, then what its Commands need.
   * @param heldBytes - so much of it waits, undecoded.
   * @throws CmdStreamError `protocol-error` for what is malformed or out of place.
   */
  hear(frame: ControlFrame, heldBytes: number): void {
    const { seq, type, buffer, start, end } = frame;
    if (this.hello === undefined && type === RESERVED_TYPES.hello) {
      const hello = readHello(frame.body);
      this.hello = hello;
      this.#peer.metadata = hello.metadata;
    } else if (this.hello !== undefined && type === RESERVED_TYPES.head) {
      this.#head = readHead(buffer, start, end);
      this.#headSeq = seq;
    } else if (this.hello !== undefined && type === RESERVED_TYPES.cancel) this.#cancel(seq, heldBytes);
    else if (this.hello !== undefined && type === RESERVED_TYPES.credit)
      this.#grant(seq, readCredit(buffer, start, end));
    else {
      const { remoteAddress } = this.info;
      throw new CmdStreamError('protocol-error', `${remoteAddress} sent a frame of type ${type} out of place`);
    }
  }

  /** The head of a Command that has come; each is asked for once. */
  takeHead(seq: number): ReceivedHead {
    if (this.#headSeq !== seq) return NO_HEAD;
    this.#headSeq = 0;
    return this.#head;
  }

  /** How long a Command has, from its arrival on: milliseconds; Infinity: for ever. */
  timeOf({ leftMs }: ReceivedHead): number {
    return leftMs ?? this.hello?.timeoutMs ?? NEVER_MS;
  }

  /** Whether a Command that has come was cancelled while it waited. */
  wasCancelled(seq: number): boolean {
    return this.#cancelled.size > 0 && this.#cancelled.delete(seq);
  }

  /** A Command is under way: its handler is not through. It has `leftMs` from `nowMs` on (monotonic milliseconds). */
  started(command: RunningCommand, leftMs: number, nowMs: number): void {
    const { seq } = command;
    // Whoever uses a number twice gets no more than others.
    if (this.hello === undefined || this.#running.has(seq)) return;
    this.#running.add(seq, command);
    if (leftMs === NEVER_MS) return;
    const dueMs = Math.ceil(nowMs + leftMs);
    command.dueMs = dueMs;
    if (dueMs < this.#dueMs) this.#arm(dueMs, nowMs);
  }

  /** A Command has come to its end. */
  settled(seq: number): void {
    if (this.#running.size > 0) this.#running.delete(seq);
  }

  /**
   * Nobody waits for a Command any more.
   * @param heldBytes - so much waits, undecoded: it may be among that.
   */
  #cancel(seq: number, heldBytes: number): void {
    const command = this.#running.get(seq);
    if (command !== undefined) {
      command.stop(new CmdStreamError('cancelled', `${command.command}: its caller gave it up`));
      return;
    }
    if (heldBytes === 0) this.#cancelled.clear();
    // What waits has come behind all that were taken.
    else if (seq > this.lastSeq && this.#cancelled.size < MAX_CANCELLED) this.#cancelled.add(seq);
  }

  /** What may be sent for one Command at first; nothing where it has not said. */
  makeCredit(credit: Credit | undefined = this.hello?.credit): CommandCredit | undefined {
    return credit === undefined ? undefined : new CommandCredit(credit, this.#awaited);
  }

  /** More may be sent for a Command; one that has come to its end, or never came, needs none. */
  #grant(seq: number, more: Credit): void {
    if (this.hello?.credit !== undefined) this.#running.get(seq)?.grant(more);
  }

  /** Nobody can be reached any more: no stream waits for credit. */
  releaseStreams(): void {
    for (const credit of this.#awaited) credit.release();
  }

  /** The time of one is over; of others as well, perhaps. */
  deadlineReached(): void {
    const dueMs = this.#dueMs;
    this.#dueMs = NEVER_MS;
    let nextMs = NEVER_MS;
    for (const [seq, command] of this.#running.all()) {
      const ownMs = command.dueMs ?? NEVER_MS;
      if (ownMs > dueMs) nextMs = Math.min(nextMs, ownMs);
      // Whoever was stopped before may have ended it.
      else if (this.#running.get(seq) === command) {
        command.stop(new CmdStreamError('timeout', `${command.command}: its time is over`));
      }
    }
    if (nextMs < this.#dueMs) this.#arm(nextMs, dueMs);
  }

  /** The connection is gone: nothing of it is due any more. */
  end(): void {
    this.#deadlines.disarm(this);
    this.#cancelled.clear();
  }

  #arm(dueMs: number, nowMs: number): void {
    this.#deadlines.disarm(this);
    this.#dueMs = dueMs;
    this.#deadlines.arm(this, dueMs - nowMs, nowMs);
  }
}
