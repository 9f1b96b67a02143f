import { CmdStreamError, describeError, tellSubject } from '../../base/errors/cmd-stream-error.ts';
import { PendingTable } from '../../base/pending-table.ts';
import { BadPayload } from '../../protocol/codec/codec.ts';
import { isLastOne } from '../../protocol/last-one.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';
import { ERROR_RESULT_NAME, ERROR_RESULT_TYPE, isGoodbye, RESERVED_TYPES } from '../../protocol/reserved.ts';
import type { ControlFrame } from '../../wire/extension/control-frame.ts';
import { type Goodbye, readGoodbye, shuttingDown } from '../../wire/extension/goodbye.ts';
import type { Flow, FrameChannel, FrameReceiver } from '../../wire/frame-channel.ts';
import type { Pressure, WhenSlow } from './backlog.ts';
import { invalidResult, isPlain, unknownType } from './check-result.ts';
import type { ConnectionContext, ConnectionEvents } from './connection-parts.ts';
import { Departure, type ReasonOfEnd } from './departure.ts';
import { GivenUp, isGivenUp, isLastForNobody } from './given-up.ts';
import { GreetedServer } from './greeted-server.ts';
import { Liveness } from './liveness.ts';
import type { Carrier, PendingCommand } from './pending-command.ts';
import { Reading, type WaitsFor } from './reading.ts';
import { RecentFailures } from './recent-failures.ts';
import { type CheckedConnection, ResultChecks } from './result-checks.ts';
import type { StreamCredit } from './stream-credit.ts';

/**
 * One connection in use: the table of Commands that wait for Results, and the way of a Result to its Command. It lives
 * from the handshake to the loss of its socket; Commands never move to another connection.
 */
export class Connection implements FrameReceiver, Carrier {
  readonly clientId: number;
  readonly address: string;
  readonly flow: Flow;
  /** Whether the peer reads. */
  readonly liveness: Liveness;
  /** Errors by which its server answered lately. */
  readonly recentFailures: RecentFailures;
  readonly #channel: FrameChannel;
  /** What the channel wants to know of Commands that are settled; most want nothing. */
  readonly #tellSettled: FrameChannel['settled'];
  readonly #context: ConnectionContext;
  readonly #events: ConnectionEvents;
  readonly #pending = new PendingTable<PendingCommand>();
  readonly #checks: ResultChecks;
  readonly #departure: Departure;
  readonly #reading: Reading;
  readonly #givenUp: GivenUp;
  readonly #server: GreetedServer;

  constructor(
    clientId: number,
    address: string,
    channel: FrameChannel,
    context: ConnectionContext,
    events: ConnectionEvents,
  ) {
    this.clientId = clientId;
    this.address = address;
    this.#channel = channel;
    this.#tellSettled = channel.settled;
    this.flow = channel.flow;
    this.#departure = new Departure(channel, this.#pending, context.clock);
    this.#server = new GreetedServer(address, channel, this.#pending, context.credit);
    this.liveness = new Liveness(channel);
    this.recentFailures = new RecentFailures(context.clock);
    this.#context = context;
    this.#events = events;
    this.#givenUp = new GivenUp(events, this.#server.isExtended);
    this.#reading = new Reading(channel, this.#pending, context.turn, context.clock);
    this.#checks = new ResultChecks(this.#checked(), context.bounds, this.#server.cover, (seq, pressure) =>
      this.#press(seq, 'schema', pressure),
    );
  }

  /** Starts reading. What has arrived already is handed over at once, the end of the connection included. */
  open(): void {
    this.#channel.open(this);
  }

  /** How many Commands wait for Results. */
  get pending(): number {
    return this.#pending.size;
  }

  /** How many Commands the server works on for nobody. */
  get abandoned(): number {
    return this.#givenUp.abandoned;
  }

  /** How many Commands were given up whose first Result may still come. */
  get unanswered(): number {
    return this.#givenUp.unanswered;
  }

  get deliveries(): number {
    return this.#channel.deliveries;
  }

  get readsOn(): boolean {
    return this.#reading.readsOn;
  }

  /**
   * Sends a Command, or the bytes that it has been encoded into. Returns whether it did: encoding calls code of the
   * user's, which may settle the Command, or end the connection.
   * @throws CmdStreamError `encode-failed` or `frame-too-large`; nothing is sent then.
   */
  send(seq: number, pending: PendingCommand, encoded?: Uint8Array): boolean {
    this.#server.checkKnown(pending.command.type);
    const isSent = this.#departure.send(this, seq, pending, encoded);
    if (isSent) this.liveness.lastSeq = seq;
    if (this.#reading.paused) this.#readOn();
    return isSent;
  }

  /** Takes no more Commands, one that is being encoded among them. */
  refuse(): void {
    this.#departure.refuse();
  }

  /** The Command that waits for Results under a sequence number. */
  pendingAt(seq: number): PendingCommand | undefined {
    return this.#pending.get(seq);
  }

  /** Lets go of a Command: its Results, should they come, are unexpected. */
  forget(seq: number): boolean {
    const pending = this.#pending.get(seq);
    if (pending === undefined || !this.#settle(seq, true)) return false;
    this.#givenUp.add(seq, pending.received);
    this.#events.room();
    return true;
  }

  pressed(seq: number, pressure: Pressure): void {
    this.#press(seq, 'consumer', pressure);
  }

  openCredit(seq: number, whenSlow: WhenSlow): StreamCredit | undefined {
    return this.#server.openCredit(seq, whenSlow);
  }

  /** Closes the socket and fails what is pending with what `reason` makes of the name of each Command. */
  dispose(reason: ReasonOfEnd): void {
    this.#reading.stop();
    this.#channel.destroy();
    this.#departure.end(reason);
    this.#checks.clear();
  }

  // ---- FrameReceiver

  frame(seq: number, type: number, value: unknown, size: number, weight = size): void {
    if (seq >= this.liveness.provingSeq) this.liveness.proved();
    const { resultEntries } = this.#context;
    const entry = resultEntries[type];
    if (entry === undefined && type !== ERROR_RESULT_TYPE) throw unknownType(this.address, type, resultEntries.length);
    const pending = this.#pending.get(seq);
    if (pending === undefined) {
      this.#unexpected(seq, entry, value, size);
      this.#reading.work(size, false);
    } else if (isPlain(entry, value) && !this.#checks.isWaiting(seq)) {
      this.#deliver(seq, pending, entry, value, size, weight);
    } else {
      this.#checks.check(seq, pending, entry, value, { size, weight });
      this.#reading.work(size, true);
    }
  }

  control(frame: ControlFrame): void {
    const { seq, type } = frame;
    if (type === RESERVED_TYPES.ended) this.#givenUp.ended(seq);
    else if (type === RESERVED_TYPES.goodbye) this.#leave(readGoodbye(frame.body));
    else throw new CmdStreamError('protocol-error', `${this.address} sent a frame of type ${type} out of place`);
    this.#reading.work(frame.size, false);
  }

  failed(seq: number, error: CmdStreamError): void {
    const pending = this.#pending.get(seq);
    if (pending !== undefined) this.#fail(seq, pending, error);
  }

  partial(size: number): void {
    this.#reading.work(size, true);
  }

  ping(): void {
    if (this.liveness.receivePong()) this.#events.pong();
    this.#reading.work(0, false);
  }

  drained(): void {
    this.#events.room();
  }

  lost(error: CmdStreamError | undefined): void {
    const reason = new CmdStreamError('connection-lost', `${this.address} closed the connection`);
    this.#events.lost(error ?? reason, error === undefined);
  }

  // ---- what nobody waits for

  /**
   * Its server takes no connections any more, so that no other can take its place: where nothing is pending it ends, by which the
   * server hears that it works on for nobody. One that is shutting down waits for that.
   */
  serverRefuses(): void {
    if (this.pending > 0 || this.abandoned === 0) return;
    this.lost(new CmdStreamError('connection-lost', `${this.address} takes no more connections`));
  }

  #unexpected(seq: number, entry: ResultEntry | undefined, value: unknown, size: number): void {
    const type = entry?.name ?? ERROR_RESULT_NAME;
    const readable = value instanceof BadPayload ? undefined : value;
    this.#events.unexpected({ seq, clientId: this.clientId, type, value: readable, size });
    if (entry === undefined && isGoodbye(value)) this.#goodbye();
    this.#givenUp.came(seq, isLastForNobody(entry, value), seq <= this.flow.lastFlushedSeq);
  }

  // ---- the way of a Result

  #checked(): CheckedConnection {
    return {
      carrier: this,
      isPending: (seq, pending) => this.#pending.get(seq) === pending,
      deliver: (seq, pending, entry, value, cost) => this.#deliver(seq, pending, entry, value, cost.size, cost.weight),
      fail: (seq, pending, error) => this.#fail(seq, pending, error),
      turnAway: (seq, pending, error) => this.#turnAway(seq, pending, error),
    };
  }

  #deliver(
    seq: number,
    pending: PendingCommand,
    entry: ResultEntry,
    value: unknown,
    size: number,
    weight: number,
  ): void {
    if (this.#reading.hasSlow) this.#reading.arrived(seq);
    let lastOne: boolean;
    try {
      lastOne = isLastOne(entry, value);
    } catch (error) {
      this.#fail(seq, pending, invalidResult(`lastOne of ${entry.name} threw: ${describeError(error)}`, error));
      return;
    }
    if (!lastOne) {
      pending.result(entry, value, size, false, weight);
      // Not for those that answer one Command each: there are as many as this process has asked for.
      this.#reading.work(size, true);
      return;
    }
    this.#settle(seq);
    pending.result(entry, value, size, true, weight);
    this.#events.room();
  }

  /** A Command is pending no more, and nothing is kept for it; `givenUp`: its server is told. Returns whether it was pending. */
  #settle(seq: number, givenUp = false): boolean {
    if (!this.#pending.delete(seq)) return false;
    if (givenUp) this.#server.cancel(seq);
    if (this.#tellSettled !== undefined) this.#tellSettled(seq);
    if (this.#reading.hasSlow) this.#reading.settled(seq);
    this.#checks.drop(seq);
    return true;
  }

  /** A Command has come while nothing is read. */
  #readOn(): void {
    this.#reading.regulate();
    this.#events.retire();
  }

  #press(seq: number, waitsFor: WaitsFor, pressure: Pressure): void {
    if (!this.#pending.has(seq)) return;
    this.#reading.pressed(seq, waitsFor, pressure);
    if (pressure !== 'none') this.#events.retire();
  }

  /** The server executes nothing above `lastSeq` any more: another one may. */
  #leave({ lastSeq, retryAfterMs }: Goodbye): void {
    this.refuse();
    for (const [seq, pending] of this.#pending.all()) {
      const isUntaken = seq > lastSeq && this.#pending.get(seq) === pending;
      if (isUntaken) this.#turnAway(seq, pending, shuttingDown(pending.command.name, this.address, retryAfterMs));
    }
    this.#events.goodbye();
  }

  #goodbye(): void {
    this.refuse();
    this.#events.goodbye();
  }

  /** Goodbye comes first: nothing more may go to this server. */
  #turnAway(seq: number, pending: PendingCommand, error: CmdStreamError): void {
    this.#settle(seq);
    this.#goodbye();
    const { address, clientId } = this;
    tellSubject(error, { command: pending.command.name, address, clientId, seq });
    pending.returned(error);
    this.#events.room();
  }

  #fail(seq: number, pending: PendingCommand, error: CmdStreamError): void {
    this.#settle(seq, isGivenUp(error));
    this.recentFailures.note(error);
    pending.failed(error);
    this.#events.room();
  }
}
