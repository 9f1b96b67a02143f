import type { ClientLink, ClientLinkEvent } from '../../machines/client.ts';
import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';
import type { FrameChannel } from '../wire/frame-channel.ts';
import type { AddressBook } from './address-book.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import { type DialStage, describeSlowDial } from './dial-stage.ts';
import type { PendingCommand, UnexpectedResult } from './pending-command.ts';

/** Slow streams stay where new Commands go: a client has one connection at a time. */
function keepConnection(): void {}

/**
 * Opens a channel to an address: dial, TLS, handshake. Leaves nothing behind when `signal` fires. Tells how far it has come,
 * for the error of one that takes too long.
 */
export type Connect = (
  address: string,
  signal: AbortSignal,
  reached?: (stage: DialStage) => void,
) => Promise<FrameChannel>;

/** What a client tells the group that it belongs to. */
export interface ClientEvents {
  /** The client takes Commands from now on. */
  accepting(client: Client): void;
  /** The client takes no more Commands. */
  refusing(client: Client): void;
  /** There is room again at the client. */
  room(): void;
  unexpected(result: UnexpectedResult): void;
}

/** What the clients of a group have in common. */
export interface ClientContext extends ConnectionContext {
  readonly connect: Connect;
  readonly addresses: AddressBook;
  readonly events: ClientEvents;
  /** A client with so many Commands waiting for Results is full. */
  readonly maxPending: number;
  readonly handshakeTimeoutMs: number;
  readonly pingTimeoutMs: number;
  /** A connection that is lost sooner counts as an attempt that failed. */
  readonly stableMs: number;
}

/**
 * The data plane of one client: its current connection and its sequence numbers, which go on across connections. Its
 * life is the client machine's, for which it is the link.
 */
export class Client implements ClientLink {
  readonly id: number;
  readonly #context: ClientContext;
  /** The address of the connection, or of the last attempt. */
  address = '';
  #seq = 0;
  /** The addresses that were tried since the last connection. */
  readonly #tried = new Set<string>();
  /** How far the last attempt has come. */
  #stage: DialStage | undefined;
  /** Connected, and not yet taken into use by the machine. */
  #channel: FrameChannel | undefined;
  #connection: Connection | undefined;
  #lost: CmdStreamError | undefined;
  #awaitingIdle = false;

  constructor(id: number, context: ClientContext) {
    this.id = id;
    this.#context = context;
  }

  /** How many Commands wait for Results. */
  get pending(): number {
    return this.#connection?.pending ?? 0;
  }

  /** Bytes that wait to be written. */
  get bufferedBytes(): number {
    return this.#connection?.bufferedBytes ?? 0;
  }

  /** Whether a bound is reached: no Command may be sent just now. */
  get full(): boolean {
    const connection = this.#connection;
    return connection === undefined || connection.pending >= this.#context.maxPending || connection.full;
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

  has(seq: number): boolean {
    return this.#connection?.has(seq) ?? false;
  }

  forget(seq: number): boolean {
    return this.#connection?.forget(seq) ?? false;
  }

  /** What an inspector shows of it. */
  toJSON(): object {
    return { id: this.id, address: this.address, pending: this.pending };
  }

  // ---- ClientLink

  async connect(signal: AbortSignal): Promise<void> {
    const { addresses, connect } = this.#context;
    this.#stage = undefined;
    try {
      this.address = await addresses.pick(this.id, signal);
      this.#tried.add(this.address);
      const channel = await connect(this.address, signal, (stage) => {
        // One that was called off may be late.
        if (!signal.aborted) this.#stage = stage;
      });
      // A transport may have come too late to heed the signal.
      if (signal.aborted) channel.destroy();
      signal.throwIfAborted();
      this.#channel = channel;
      signal.addEventListener('abort', () => this.#channel === channel && channel.destroy(), { once: true });
    } catch (error) {
      // An attempt that was called off says nothing about the address.
      if (!signal.aborted) addresses.giveUp(this.id);
      const where = this.address === '' ? 'cannot resolve the address' : `cannot connect to ${this.address}`;
      throw CmdStreamError.from(error, 'connect-failed', where);
    }
  }

  open(tell: (event: ClientLinkEvent) => void): () => void {
    const { clock, addresses, events, stableMs } = this.#context;
    const channel = this.#channel as FrameChannel;
    const sinceMs = clock.monotonicMs();
    this.#channel = undefined;
    this.#lost = undefined;
    this.#tried.clear();
    const connection = new Connection(this.id, this.address, channel, this.#context, {
      lost: (error) => {
        if (this.#connection !== connection) return;
        this.#lost = error;
        // A server that takes connections and drops them is as good as one that takes none.
        if (clock.monotonicMs() - sinceMs < stableMs) addresses.giveUp(this.id);
        else addresses.refresh();
        tell({ type: 'connection.lost', error });
      },
      pong: () => tell({ type: 'pong.received' }),
      room: () => {
        if (this.#awaitingIdle && connection.pending === 0) tell({ type: 'pending.settled' });
        events.room();
      },
      retire: keepConnection,
      unexpected: (result) => events.unexpected(result),
    });
    this.#connection = connection;
    connection.open();
    // What came together with the ServerInfo may have been the end of it.
    if (this.#lost === undefined) events.accepting(this);
    return () => {
      this.#connection = undefined;
      this.#awaitingIdle = false;
      connection.dispose(this.#reasonOfLoss(connection));
    };
  }

  refuse(): void {
    this.#connection?.refuse();
    this.#context.events.refusing(this);
  }

  sendPing(): void {
    this.#connection?.sendPing();
  }

  quietMs(): number {
    const connection = this.#connection;
    // A client that does not read for its own reasons hears nothing, whatever its peer does.
    if (connection === undefined || connection.paused) return 0;
    return this.#context.clock.monotonicMs() - connection.lastReceivedMs;
  }

  idleMs(): number {
    const connection = this.#connection;
    return connection === undefined ? 0 : this.#context.clock.monotonicMs() - connection.lastSentMs;
  }

  isIdle(): boolean {
    return this.pending === 0;
  }

  awaitIdle(): void {
    this.#awaitingIdle = true;
  }

  isAddressCurrent(): boolean {
    return this.#context.addresses.includes(this.address);
  }

  hasUntriedAddress(): boolean {
    // By their number: a resolver that gives another address each time must not keep a client dialling without a pause.
    return this.#tried.size > 0 && this.#tried.size < this.#context.addresses.size;
  }

  isFinal(error: unknown): boolean {
    return CmdStreamError.is(error) && error.code === 'server-info-mismatch';
  }

  overdue(what: 'handshake' | 'ping' | 'results'): CmdStreamError {
    const { addresses, handshakeTimeoutMs, pingTimeoutMs } = this.#context;
    if (what === 'results') {
      this.#lost = new CmdStreamError('connection-lost', `${this.address} is no address of the service any more`);
      return this.#lost;
    }
    addresses.giveUp(this.id);
    if (what === 'handshake') {
      return new CmdStreamError('handshake-timeout', describeSlowDial(this.address, this.#stage, handshakeTimeoutMs));
    }
    const lost = `${this.address} did not answer a Ping within ${pingTimeoutMs} ms`;
    this.#lost = new CmdStreamError('connection-lost', lost);
    return this.#lost;
  }

  /** What the Commands that wait for Results are told when the connection ends. */
  #reasonOfLoss({ address }: Connection): (name: string, mayHaveExecuted: boolean) => CmdStreamError {
    const cause = this.#lost;
    return (name, mayHaveExecuted) =>
      cause === undefined
        ? new CmdStreamError('closed', `${name}: closed before ${address} answered`, { mayHaveExecuted })
        : new CmdStreamError('connection-lost', `${name}: ${address} did not answer: ${describeError(cause)}`, {
            cause,
            mayHaveExecuted,
          });
  }
}
