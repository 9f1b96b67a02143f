import type { ClientLink } from '../../../machines/client.ts';
import type { ConnectionLink } from '../../../machines/connection.ts';
import { fieldOf } from '../../base/errors/ask.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { FrameChannel } from '../../wire/frame-channel.ts';
import type { Connection } from './connection.ts';
import { ConnectionLife, type ConnectionOwner, type LifeContext, type LifeEvents } from './connection-life.ts';
import type { DialStage } from './dial-stage.ts';
import { Dials } from './dials.ts';
import type { PendingCommand } from './pending-command.ts';

/**
 * Opens a channel to an address: dial, TLS, handshake. Leaves nothing behind when `signal` fires. Tells how far it has come,
 * for the error of one that takes too long.
 */
export type Connect = (
  address: string,
  signal: AbortSignal,
  reached?: (stage: DialStage) => void,
) => Promise<FrameChannel>;

/** Events of a client for the group that it belongs to. */
interface ClientEvents extends LifeEvents {
  /** The client takes Commands from now on. */
  accepting(client: Client): void;
  /** The client takes no more Commands. */
  refusing(client: Client): void;
}

/** Context that the clients of a group have in common. */
export interface ClientContext extends LifeContext {
  readonly connect: Connect;
  readonly events: ClientEvents;
  /** A client with so many Commands waiting for Results is full. */
  readonly maxInFlightCommands: number;
  readonly handshakeTimeoutMs: number;
  /** How many clients the group has. */
  readonly clients: number;
  /** Whether one of them takes Commands. */
  readonly isServed: () => boolean;
}

/** Between one renewal and the next there is at least so many times what a dial takes, within these bounds. */
const RENEWAL_DIALS = 20;
const MIN_RENEWAL_PAUSE_MS = 100;
const MAX_RENEWAL_PAUSE_MS = 2_000;

/**
 * The data plane of one client: the connection that takes its Commands, those that were retired and still wait for
 * Results, and its sequence numbers, which go on across connections. Its life is the client machine's.
 */
export class Client implements ClientLink, ConnectionOwner {
  readonly id: number;
  readonly #context: ClientContext;
  /** The address of the connection, or of the last attempt where there is none. */
  address = '';
  #seq = 0;
  /** How many connections it has opened. */
  #opened = 0;
  readonly #dials: Dials;
  /** When a connection last took the place of another. */
  #renewedMs = Number.NEGATIVE_INFINITY;
  /** The connection that was opened last, taken into use or not. */
  #newest: ConnectionLife | undefined;
  #connection: Connection | undefined;
  #retired: readonly Connection[] = [];

  constructor(id: number, context: ClientContext) {
    this.id = id;
    this.#context = context;
    this.#dials = new Dials(id, context.clock, context.handshakeTimeoutMs);
  }

  /** How many Commands wait for Results. */
  get pending(): number {
    let pending = this.#connection?.pending ?? 0;
    for (const retired of this.#retired) pending += retired.pending;
    return pending;
  }

  /** Bytes that wait to be written. */
  get bufferedBytes(): number {
    return this.#connection?.flow.bufferedBytes ?? 0;
  }

  /** How many Commands its server answered by errors lately. */
  get recentFailures(): number {
    return this.#connection?.recentFailures.count ?? 0;
  }

  /** Whether a bound is reached: no Command may be sent just now. */
  get isFull(): boolean {
    const connection = this.#connection;
    const { maxInFlightCommands } = this.#context;
    if (connection === undefined || connection.pending >= maxInFlightCommands || connection.flow.isFull) return true;
    return this.#retired.length > 0 && this.pending >= maxInFlightCommands;
  }

  /**
   * Sends a Command, or the bytes that it has been encoded into; the client is accepting and not full. Returns whether
   * it did (see {@link Connection.send}).
   * @throws CmdStreamError `encode-failed` or `frame-too-large`; nothing is sent then.
   */
  send(pending: PendingCommand, encoded?: Uint8Array): boolean {
    // Taken before anything else: whoever sees that the Command is sent may send another one here.
    const seq = ++this.#seq;
    let sent = false;
    try {
      sent = this.#connection?.send(seq, pending, encoded) ?? false;
    } finally {
      if (!sent && this.#seq === seq) this.#seq--;
    }
    return sent;
  }

  /** The Command that waits for Results under a sequence number, on the connection in use or one before it. */
  pendingAt(seq: number): PendingCommand | undefined {
    for (const retired of this.#retired) {
      const pending = retired.pendingAt(seq);
      if (pending !== undefined) return pending;
    }
    return this.#connection?.pendingAt(seq);
  }

  forget(seq: number): boolean {
    return this.#connection?.forget(seq) === true || this.#retired.some((retired) => retired.forget(seq));
  }

  /** Fields of it that an inspector shows. */
  toJSON(): object {
    const { id, address, pending } = this;
    return { id, address, pending, retired: this.#retired.length };
  }

  // ---- ClientLink

  async connect(signal: AbortSignal): Promise<ConnectionLink> {
    const { addresses } = this.#context;
    const dials = this.#dials;
    const dial = dials.begin();
    let address = '';
    let over = () => {};
    try {
      address = await addresses.pick(this.id, signal, dials.tried);
      dials.pick(address);
      if (this.#connection === undefined) this.address = address;
      else if (addresses.isAway(this.id, this.address)) over = addresses.goingHome();
      signal.addEventListener('abort', over, { once: true });
      const life = await this.#open(address, signal);
      dials.succeed();
      addresses.reached(address);
      return life;
    } catch (error) {
      // An attempt that was called off says nothing about the address.
      if (!signal.aborted) this.#giveUp(address, error);
      if (isRefused(error) && address === this.#connection?.address) this.#connection.serverRefuses();
      else if (dials.isLast(dial)) this.#stay();
      const where = address === '' ? 'cannot resolve the address' : `cannot connect to ${address}`;
      throw dials.about(CmdStreamError.from(error, 'connect-failed', where));
    } finally {
      over();
    }
  }

  isDialCurrent(): boolean {
    return this.#context.addresses.includes(this.#dials.address);
  }

  isAddressCurrent(): boolean {
    return this.#context.addresses.includes(this.address);
  }

  isAway(connectionId: string | undefined): boolean {
    const newest = this.#newest;
    // One that is about to be taken into use counts already.
    const address = newest?.id === connectionId ? newest?.connection.address : this.address;
    return this.#context.addresses.isAway(this.id, address ?? this.address);
  }

  mayGoHome(): boolean {
    return this.#context.addresses.mayGoHome(this.id);
  }

  isWorthMoving(forMs: number): boolean {
    return this.#context.addresses.isOneUp || (this.#newest?.livedMs ?? 0) >= forMs;
  }

  hasUntriedAddress(): boolean {
    return this.#dials.hasUntried(this.#context.addresses.size);
  }

  handshakeGraceMs(): number {
    return this.#dials.graceMs();
  }

  turnInMs(share: number, turnMs: number): number {
    const { clients, isServed } = this.#context;
    if (isServed()) return Number.POSITIVE_INFINITY;
    // Turns follow each other through the clients, the same for all of them by the clock.
    const now = Math.floor(this.#nowMs / turnMs);
    const own = now + 1 + ((((this.id - now - 1) % clients) + clients) % clients);
    return (own + share) * turnMs - this.#nowMs;
  }

  isOtherService(): boolean {
    return this.#context.addresses.areAllOther;
  }

  giveUpDial(): void {
    this.#giveUp(this.#dials.address);
  }

  overdueError(): CmdStreamError {
    return this.#dials.overdueError();
  }

  // ---- ConnectionOwner

  isCurrent(connection: Connection): boolean {
    return connection === this.#connection;
  }

  renewalDueInMs(): number {
    const pauseMs = Math.max(MIN_RENEWAL_PAUSE_MS, RENEWAL_DIALS * this.#dials.tookMs);
    return Math.min(pauseMs, MAX_RENEWAL_PAUSE_MS) - this.sinceRenewalMs();
  }

  sinceRenewalMs(): number {
    return this.#nowMs - this.#renewedMs;
  }

  accept(connection: Connection): void {
    const { events } = this.#context;
    const before = this.#connection;
    this.#connection = connection;
    this.address = connection.address;
    this.#dials.reset();
    if (before === undefined) {
      events.accepting(this);
      return;
    }
    this.#retired = [...this.#retired, before];
    this.#renewedMs = this.#nowMs;
    events.room();
  }

  refuse(connection: Connection): void {
    connection.refuse();
    if (connection !== this.#connection) return;
    this.#retired = [...this.#retired, connection];
    this.#connection = undefined;
    this.#context.events.refusing(this);
  }

  closed(connection: Connection): void {
    this.#retired = this.#retired.filter((retired) => retired !== connection);
  }

  get #nowMs(): number {
    return this.#context.clock.monotonicMs();
  }

  /** A dial has failed. */
  #giveUp(address: string, error?: unknown): void {
    this.#context.addresses.giveUp(address, error);
    this.#stay();
  }

  /** Where it is connected, it stays at that address. */
  #stay(): void {
    if (this.#connection !== undefined) this.#context.addresses.keep(this.id, this.address);
  }

  /** Opens a connection that nobody uses yet. */
  async #open(address: string, signal: AbortSignal): Promise<ConnectionLife> {
    const channel = await this.#context.connect(address, signal, (stage) => {
      // One that was called off may be late.
      if (!signal.aborted) this.#dials.stage = stage;
    });
    // A transport may have come too late to heed the signal.
    if (signal.aborted) channel.destroy();
    signal.throwIfAborted();
    const life = new ConnectionLife(this, ++this.#opened, address, channel, this.#context);
    signal.addEventListener('abort', () => life.callOff(), { once: true });
    life.start();
    this.#newest = life;
    if (life.lostError === undefined) return life;
    channel.destroy();
    throw life.lostError;
  }
}

/** Whether nobody listens at the address. */
function isRefused(error: unknown): boolean {
  return [error, fieldOf(error, 'cause')].some((each) => fieldOf(each, 'code') === 'ECONNREFUSED');
}
