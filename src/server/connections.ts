import type { AnyActorRef } from 'xstate';
import type { ServerLink } from '../../machines/server.ts';
import type { MessageCodec } from '../protocol/codec/codec.ts';
import type { ChannelTable } from '../wire/channel-life.ts';
import type { ServerChannel } from '../wire/frame-channel.ts';
import { strangerClient } from '../wire/strangers.ts';
import { StreamChannel, type StreamChannelOptions } from '../wire/stream-channel.ts';
import { type Peer, peerAt } from '../wire/transport/peer.ts';
import type { ByteStream } from '../wire/transport/transport.ts';
import type { FlowBound } from '../wire/write-flow.ts';
import { NumberedConnection } from './client-connection.ts';
import { LEAST_BUFFERED_BYTES } from './holdings.ts';
import type { Service } from './service.ts';
import { Session } from './session.ts';

/** How connections are read and written. */
export interface ConnectionWire {
  /** Decodes Commands. */
  readonly incoming: MessageCodec;
  /** Encodes Results, the error Result among them. */
  readonly outgoing: MessageCodec;
  /** The table that their channels walk. */
  readonly table: ChannelTable;
}

/** The connections of a server, each with its session. */
export class Connections implements ServerLink {
  readonly #service: Service;
  readonly #channelOptions: StreamChannelOptions;
  readonly #root: AnyActorRef;
  readonly #gone: () => void;
  readonly #sessions = new Set<Session>();
  /** How many connections there have been. */
  #accepted = 0;

  /**
   * @param root - the root of the server's actor system, under which sessions live.
   * @param gone - called whenever the last connection is gone.
   */
  constructor(service: Service, wire: ConnectionWire, root: AnyActorRef, gone: () => void) {
    const { maxFrameBytes, clock, defer } = service.options;
    this.#service = service;
    this.#channelOptions = {
      ...wire,
      maxFrameBytes,
      bufferBound: bufferBoundOf(service),
      clock,
      defer,
      stranger: strangerClient,
      extended: !service.options.goClients,
    };
    this.#root = root;
    this.#gone = gone;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** How many there are, and how many Commands of theirs are being executed. */
  get figures(): { readonly connections: number; readonly inFlight: number } {
    let inFlight = 0;
    for (const session of this.#sessions) inFlight += session.inFlight;
    return { connections: this.size, inFlight };
  }

  /** Fields of them that an inspector shows. */
  toJSON(): object {
    return { size: this.size };
  }

  /** Parts of an engine's channels. */
  get channelOptions(): StreamChannelOptions {
    return this.#channelOptions;
  }

  /** Starts the session of an accepted connection. */
  accept(stream: ByteStream): void {
    const { remoteAddress, peer = peerAt(remoteAddress) } = stream;
    this.serve(new StreamChannel(stream, this.#channelOptions), peer);
  }

  /** Starts the session of a connection that carries frames. Returns what lets it finish what is in flight, and close. */
  serve(channel: ServerChannel, peer: Peer): () => void {
    const { remoteAddress } = channel;
    const info = { remoteAddress, peer, connection: new NumberedConnection(++this.#accepted) };
    const session = new Session(this.#service, { info, channel }, this.#root, this.#forget);
    this.#sessions.add(session);
    session.start();
    return () => this.#drain(session);
  }

  drain(): void {
    for (const session of this.#sessions) this.#drain(session);
  }

  #drain(session: Session): void {
    const left = session.leave();
    if (left === undefined) session.drain();
    else void left.then(() => (this.#sessions.has(session) ? session.drain() : undefined));
  }

  /** Closes the connections from which nothing comes; silence counts from `awakeSinceMs` on (monotonic milliseconds). */
  closeIdle(awakeSinceMs: number): void {
    for (const session of this.#sessions) session.closeIdle(awakeSinceMs);
  }

  destroy(): void {
    for (const session of this.#sessions) session.close();
  }

  readonly #forget = (session: Session): void => {
    this.#sessions.delete(session);
    if (this.#sessions.size === 0) this.#gone();
  };
}

/** Less where memory is short: what waits for clients that do not read is the first to be kept from growing. */
function bufferBoundOf({ budget, options: { maxBufferedBytes } }: Service): FlowBound {
  return {
    get bytes() {
      return Math.min(maxBufferedBytes, Math.max(LEAST_BUFFERED_BYTES, budget.leftBytes));
    },
    leastBytes: Math.min(maxBufferedBytes, LEAST_BUFFERED_BYTES),
  };
}
