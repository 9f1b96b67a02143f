import type { ConnectionLink, ConnectionLinkEvent } from '../../machines/connection.ts';
import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import type { Clock } from '../system/clock.ts';
import type { FrameChannel } from '../wire/frame-channel.ts';
import type { AddressBook } from './address-book.ts';
import { Connection, type ConnectionContext, type ConnectionEvents } from './connection.ts';
import type { UnexpectedResult } from './pending-command.ts';

/** What a connection tells the group that its client belongs to. */
export interface LifeEvents {
  /** There is room again at the client. */
  room(): void;
  unexpected(result: UnexpectedResult): void;
}

/** What the connections of the clients of a group have in common. */
export interface LifeContext extends ConnectionContext {
  readonly addresses: AddressBook;
  readonly clock: Clock;
  readonly events: LifeEvents;
  readonly pingTimeoutMs: number;
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
  /** When another connection may take the place of the one in use, at the earliest (monotonic milliseconds). */
  renewalDueMs(): number;
  isCurrent(connection: Connection): boolean;
}

/** Where the server works on so many Commands for nobody, renewal is urgent: it may have a limit on those in flight. */
const MANY_ABANDONED = 8;

/** One connection as its machine sees it, from the handshake to its end: the link between it, its client and its socket. */
export class ConnectionLife implements ConnectionLink, ConnectionEvents {
  readonly id: string;
  readonly connection: Connection;
  /** Why it is lost, if it is. */
  lostError: CmdStreamError | undefined;
  readonly #owner: ConnectionOwner;
  readonly #context: LifeContext;
  readonly #channel: FrameChannel;
  readonly #sinceMs: number;
  #tell: ((event: ConnectionLinkEvent) => void) | undefined;
  #awaitingIdle = false;
  /** How often another connection was asked for. */
  #asked = 0;

  /** @param number - of the connection among all of its client. */
  constructor(owner: ConnectionOwner, number: number, address: string, channel: FrameChannel, context: LifeContext) {
    this.id = `connection ${number} @ ${address}`;
    this.#owner = owner;
    this.#context = context;
    this.#channel = channel;
    this.#sinceMs = context.clock.monotonicMs();
    this.connection = new Connection(owner.id, address, channel, context, this);
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

  idleMs(): number {
    return this.#context.clock.monotonicMs() - this.connection.lastSentMs;
  }

  pongDueInMs(pingTimeoutMs: number): number {
    return this.connection.liveness.pongDueInMs(this.#context.clock.monotonicMs(), pingTimeoutMs);
  }

  hasAnswered(): boolean {
    return this.connection.liveness.hasAnswered;
  }

  isIdle(): boolean {
    return this.connection.pending === 0;
  }

  awaitIdle(): void {
    this.#awaitingIdle = true;
  }

  isWorn(): boolean {
    return this.#asked > 0 || this.connection.abandoned > 0;
  }

  renewalDueInMs(): number {
    return this.#owner.renewalDueMs() - this.#context.clock.monotonicMs();
  }

  isRenewalUrgent(): boolean {
    return this.connection.abandoned >= MANY_ABANDONED;
  }

  isAddressCurrent(): boolean {
    return this.#context.addresses.includes(this.connection.address);
  }

  overdue(what: 'ping' | 'results'): CmdStreamError {
    const { address } = this.connection;
    if (what === 'ping' && this.#owner.isCurrent(this.connection)) this.#context.addresses.lost(address, false);
    const why =
      what === 'ping'
        ? `did not answer a Ping within ${this.#context.pingTimeoutMs} ms`
        : 'is no address of the service any more';
    this.lostError = new CmdStreamError('connection-lost', `${address} ${why}`);
    return this.lostError;
  }

  /** What an inspector shows of it. */
  toJSON(): object {
    const { address, pending, abandoned } = this.connection;
    return { address, pending, abandoned };
  }

  // ---- ConnectionEvents

  lost(error: CmdStreamError): void {
    if (this.lostError !== undefined || this.#tell === ignore) return;
    const { clock, addresses, stableMs } = this.#context;
    this.lostError = error;
    if (this.#owner.isCurrent(this.connection)) {
      // A server that takes connections and drops them is as good as one that takes none.
      addresses.lost(this.connection.address, clock.monotonicMs() - this.#sinceMs >= stableMs);
    }
    this.#tell?.({ type: 'connection.lost', error });
  }

  pong(): void {
    this.#tell?.({ type: 'pong.received' });
  }

  abandoned(): void {
    this.#tell?.({ type: 'connection.worn' });
  }

  retire(): void {
    this.#asked++;
    this.#tell?.({ type: 'connection.worn' });
  }

  room(): void {
    if (this.#awaitingIdle && this.connection.pending === 0) this.#tell?.({ type: 'pending.settled' });
    this.#context.events.room();
  }

  unexpected(result: UnexpectedResult): void {
    this.#context.events.unexpected(result);
  }

  /** What a Command that waits for Results is told when the connection ends. */
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
