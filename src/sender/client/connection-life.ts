import type { ConnectionLink, ConnectionLinkEvent, ConnectionPart } from '../../../machines/connection.ts';
import type { Clock } from '../../base/clock.ts';
import { CmdStreamError, describeError, saidByServer } from '../../base/errors/cmd-stream-error.ts';
import type { FrameChannel } from '../../wire/frame-channel.ts';
import type { AddressBook } from './address-book.ts';
import { Connection } from './connection.ts';
import type { ConnectionContext, ConnectionEvents } from './connection-parts.ts';
import type { UnexpectedResult } from './pending-command.ts';

/** Events of a connection for the group that its client belongs to. */
export interface LifeEvents {
  /** There is room again at the client. */
  room(): void;
  unexpected(result: UnexpectedResult): void;
}

/** Context that the connections of the clients of a group have in common. */
export interface LifeContext extends ConnectionContext {
  readonly addresses: AddressBook;
  readonly clock: Clock;
  readonly events: LifeEvents;
  readonly pingTimeoutMs: number;
  /** Where late Results are the only reason, connections are renewed no more often than they are awaited. */
  readonly lateTimeMs: number;
  /** A connection that is lost sooner counts as an attempt that failed. */
  readonly stableMs: number;
}

/** The client that a connection belongs to. */
export interface ConnectionOwner {
  readonly id: number;
  /** The connection takes Commands from now on, in the place of the one before. */
  accept(connection: Connection): void;
  /** The connection takes no more Commands. */
  refuse(connection: Connection): void;
  /** The connection is closed. */
  closed(connection: Connection): void;
  /** How long it is at least until another connection may take the place of the one in use. */
  renewalDueInMs(): number;
  /** How long it is since one did; Infinity: none has. */
  sinceRenewalMs(): number;
  isCurrent(connection: Connection): boolean;
}

/**
 * Where the server works on so many Commands for nobody, renewal is urgent: it may have a limit on those in flight. And so
 * many that were given up before their first Result are reason enough for one.
 */
const MANY_ABANDONED = 8;
/** Those that were given up have so long to be answered first: a server may be merely slow. */
const SLOW_ANSWER_MS = 1_000;

/** One connection as its machine sees it, from the handshake to its end: the link between it, its client and its socket. */
export class ConnectionLife implements ConnectionLink, ConnectionEvents {
  readonly id: string;
  readonly connection: Connection;
  /** Why it is lost, if it is. */
  lostError: CmdStreamError | undefined;
  #endedInOrder = false;
  readonly #owner: ConnectionOwner;
  readonly #context: LifeContext;
  readonly #channel: FrameChannel;
  readonly #sinceMs: number;
  #tell: ((event: ConnectionLinkEvent) => void) | undefined;
  #awaitingSettled = false;
  /** How often another connection was asked for. */
  #asked = 0;
  /** When the last one was given up that made them many. */
  #manySinceMs = 0;

  /** @param number - of the connection among all of its client. */
  constructor(owner: ConnectionOwner, number: number, address: string, channel: FrameChannel, context: LifeContext) {
    this.id = `connection ${number} @ ${address}`;
    this.#owner = owner;
    this.#context = context;
    this.#channel = channel;
    this.#sinceMs = context.clock.monotonicMs();
    this.connection = new Connection(owner.id, address, channel, context, this);
  }

  /** How long it is since it was opened. */
  get livedMs(): number {
    return this.#context.clock.monotonicMs() - this.#sinceMs;
  }

  /** Starts reading. What came together with the ServerInfo may be the end of it: `lostError` says so. */
  start(): void {
    this.connection.open();
  }

  /** The attempt that opened it was called off: destroys it, unless it has been taken into use. */
  callOff(): void {
    if (this.#tell === undefined) this.#channel.destroy();
  }

  // ---- ConnectionLink

  take(tell: (event: ConnectionLinkEvent) => void): () => void {
    const { connection } = this;
    this.#tell = tell;
    if (this.lostError === undefined) this.#owner.accept(connection);
    else tell({ type: 'connection.lost', error: this.lostError });
    return () => {
      this.#tell = ignore;
      this.#owner.refuse(connection);
      this.#owner.closed(connection);
      connection.dispose((name, mayHaveExecuted) => this.#reasonFor(name, mayHaveExecuted));
      tell({ type: 'connection.closed' });
    };
  }

  refuse(): void {
    this.#owner.refuse(this.connection);
  }

  sendPing(): void {
    this.connection.liveness.sendPing(this.#context.clock.monotonicMs());
  }

  repeatPing(): void {
    this.connection.liveness.repeatPing();
  }

  unprovenMs(): number {
    return this.#context.clock.monotonicMs() - this.connection.liveness.provedMs;
  }

  sinceSentMs(): number {
    return this.#context.clock.monotonicMs() - this.connection.flow.lastSentMs;
  }

  pongDueInMs(pingTimeoutMs: number): number {
    return this.connection.liveness.pongDueInMs(this.#context.clock.monotonicMs(), pingTimeoutMs);
  }

  excuseLateness(pingTimeoutMs: number): void {
    this.connection.liveness.excuseLateness(this.#context.clock.monotonicMs(), pingTimeoutMs);
  }

  hasAnswered(): boolean {
    return this.connection.liveness.hasAnswered;
  }

  isSettled(): boolean {
    return this.connection.pending === 0;
  }

  awaitSettled(): void {
    this.#awaitingSettled = true;
  }

  hasLate(): boolean {
    const { unanswered, abandoned } = this.connection;
    return unanswered > 0 && abandoned === 0;
  }

  isWorn(): boolean {
    return this.#hasReason || this.connection.unanswered >= MANY_ABANDONED;
  }

  renewalDueInMs(): number {
    const dueInMs = this.#owner.renewalDueInMs();
    if (this.#hasReason) return dueInMs;
    const { clock, lateTimeMs } = this.#context;
    const slowMs = clock.monotonicMs() - this.#manySinceMs;
    return Math.max(dueInMs, lateTimeMs - this.#owner.sinceRenewalMs(), SLOW_ANSWER_MS - slowMs);
  }

  isRenewalUrgent(): boolean {
    return this.connection.abandoned >= MANY_ABANDONED;
  }

  isAddressCurrent(): boolean {
    return this.#context.addresses.includes(this.connection.address);
  }

  overdueError(part: ConnectionPart): CmdStreamError {
    const why =
      part === 'ping'
        ? `did not answer a Ping within ${this.#context.pingTimeoutMs} ms`
        : 'is no address of the service any more';
    return new CmdStreamError('connection-lost', `${this.connection.address} ${why}`);
  }

  giveUp(part: ConnectionPart, error: CmdStreamError): void {
    const { connection } = this;
    if (part === 'ping' && this.#owner.isCurrent(connection)) this.#context.addresses.lost(connection.address, false);
    this.lostError = error;
  }

  endedInOrder(): boolean {
    return this.#endedInOrder;
  }

  /** Fields of it that an inspector shows. */
  toJSON(): object {
    const { address, pending, abandoned, unanswered } = this.connection;
    return { address, pending, abandoned, unanswered };
  }

  // ---- ConnectionEvents

  lost(error: CmdStreamError, inOrder: boolean): void {
    if (this.lostError !== undefined || this.#tell === ignore) return;
    const { addresses, stableMs } = this.#context;
    this.lostError = error;
    this.#endedInOrder = inOrder;
    if (this.#owner.isCurrent(this.connection)) {
      // A server that takes connections and drops them is as good as one that takes none.
      addresses.lost(this.connection.address, this.livedMs >= stableMs);
    }
    this.#tell?.({ type: 'connection.lost', error });
  }

  pong(): void {
    this.#tell?.({ type: 'pong.received' });
  }

  goodbye(): void {
    const { connection } = this;
    const why = `${connection.address} has said goodbye`;
    // One that comes before the connection is taken into use is its end: the next address is dialled.
    if (this.#tell === undefined) this.lostError ??= new CmdStreamError('connection-lost', why);
    if (!this.#owner.isCurrent(connection)) return;
    this.#context.addresses.giveUp(connection.address);
    // Nothing is lost by it: whoever counts and alerts shall see that it was meant.
    this.#tell?.({ type: 'connection.goodbye', error: saidByServer(new CmdStreamError('closed', why)) });
  }

  abandoned(): void {
    this.#tell?.({ type: 'connection.worn' });
  }

  givenUp(): void {
    if (this.connection.unanswered !== MANY_ABANDONED) return;
    this.#manySinceMs = this.#context.clock.monotonicMs();
    this.#tell?.({ type: 'connection.worn' });
  }

  late(): void {
    if (this.#awaitingSettled && !this.hasLate()) this.#tell?.({ type: 'late.settled' });
  }

  retire(): void {
    this.#asked++;
    this.#tell?.({ type: 'connection.worn' });
  }

  room(): void {
    if (this.#awaitingSettled && this.connection.pending === 0) this.#tell?.({ type: 'pending.settled' });
    this.#context.events.room();
  }

  unexpected(result: UnexpectedResult): void {
    this.#context.events.unexpected(result);
  }

  /** Whether there is a reason for renewal beside those that were given up unanswered. */
  get #hasReason(): boolean {
    return this.#asked > 0 || this.connection.abandoned > 0;
  }

  /** Error for a Command that waits for Results when the connection ends. */
  #reasonFor(name: string, mayHaveExecuted: boolean): CmdStreamError {
    const { lostError: cause, connection } = this;
    const { address } = connection;
    if (cause === undefined) {
      return new CmdStreamError('closed', `${name}: closed before ${address} answered`, { mayHaveExecuted });
    }
    const message = `${name}: ${address} did not answer: ${describeError(cause)}`;
    return new CmdStreamError('connection-lost', message, { cause, mayHaveExecuted });
  }
}

/** A connection that is closed has nobody to tell. */
const ignore = () => {};
