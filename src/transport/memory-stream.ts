import type { Defer } from '../system/clock.ts';
import type { ByteStream, ByteStreamConsumer } from './transport.ts';

/** What both ends of an in-memory connection share. */
export interface MemoryStreamOptions {
  readonly defer: Defer;
  /** As many bytes travel in one direction at a time; what is written beyond waits with its writer. */
  readonly maxInFlightBytes: number;
}

/**
 * One end of an in-memory connection. It behaves as a socket does, and hides no misuse that a socket would punish:
 * bytes beyond the bound are left in the writer's memory until there is room.
 */
export class MemoryStream implements ByteStream {
  readonly remoteAddress: string;
  /** Called once the connection is over at this end. */
  onOver: (() => void) | undefined;

  readonly #options: MemoryStreamOptions;
  #peer: MemoryStream | undefined;
  #consumer: ByteStreamConsumer | undefined;

  /** Bytes that the peer has sent and this end has not read. */
  readonly #inbox: Buffer[] = [];
  #inboxBytes = 0;
  /** The part of a write that the peer has no room for yet; the writer's own memory. */
  #waiting: Buffer | undefined;
  #drainedOwed = false;

  #paused = false;
  #pumpScheduled = false;
  #writableEnded = false;
  #goodbyeSent = false;
  #goodbyeReceived = false;
  #over = false;
  #closedTold = false;
  #error: Error | undefined;

  /** Two ends; the first is the connecting one. */
  static pair(
    clientAddress: string,
    serverAddress: string,
    options: MemoryStreamOptions,
  ): [client: MemoryStream, server: MemoryStream] {
    const client = new MemoryStream(serverAddress, options);
    const server = new MemoryStream(clientAddress, options);
    client.#peer = server;
    server.#peer = client;
    return [client, server];
  }

  private constructor(remoteAddress: string, options: MemoryStreamOptions) {
    this.remoteAddress = remoteAddress;
    this.#options = options;
  }

  get bufferedBytes(): number {
    return this.#waiting?.length ?? 0;
  }

  open(consumer: ByteStreamConsumer): void {
    this.#consumer = consumer;
    this.#schedulePump();
  }

  write(bytes: Buffer): boolean {
    if (this.#over || this.#writableEnded) return false;
    this.#waiting = bytes;
    this.#moveWaiting();
    if (this.#waiting === undefined) return true;
    this.#drainedOwed = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedulePump();
  }

  end(): void {
    if (this.#over || this.#writableEnded) return;
    this.#writableEnded = true;
    // Reading goes on, into nothing, so that the peer's goodbye is seen.
    this.#paused = false;
    this.#moveWaiting();
    this.#schedulePump();
  }

  destroy(): void {
    if (this.#over) return;
    const peer = this.#peer as MemoryStream;
    const unread = this.#inboxBytes > 0;
    this.#finish(undefined);
    if (unread) peer.#finish(reset());
    else peer.#receiveGoodbye();
  }

  /** Moves what waits into the peer's inbox, as far as there is room, and the goodbye behind it. */
  #moveWaiting(): void {
    const peer = this.#peer as MemoryStream;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      if (peer.#over) {
        // As with TCP: a write to an end that is gone is answered by a reset.
        this.#finish(reset());
        return;
      }
      const room = Math.min(this.#options.maxInFlightBytes - peer.#inboxBytes, waiting.length);
      if (room > 0) {
        peer.#inbox.push(Buffer.from(waiting.subarray(0, room)));
        peer.#inboxBytes += room;
        peer.#schedulePump();
      }
      if (room < waiting.length) {
        this.#waiting = waiting.subarray(room);
        return;
      }
      this.#waiting = undefined;
      if (this.#drainedOwed) this.#schedulePump();
    }
    if (this.#writableEnded && !this.#goodbyeSent) {
      this.#goodbyeSent = true;
      peer.#receiveGoodbye();
    }
  }

  #receiveGoodbye(): void {
    this.#goodbyeReceived = true;
    this.#schedulePump();
  }

  #schedulePump(): void {
    if (this.#pumpScheduled) return;
    this.#pumpScheduled = true;
    this.#options.defer(this.#pump);
  }

  /** Tells the consumer what has happened since the last turn. */
  readonly #pump = (): void => {
    this.#pumpScheduled = false;
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    if (!this.#over) this.#deliver(consumer);
    if (this.#drainedOwed && this.#waiting === undefined && !this.#over) {
      this.#drainedOwed = false;
      consumer.drained();
    }
    if (!this.#over && this.#goodbyeReceived && this.#inboxBytes === 0) {
      // No half-open connections: the peer's goodbye is answered by one's own, behind what waits.
      this.end();
      if (this.#goodbyeSent) this.#finish(undefined);
    }
    if (this.#over && !this.#closedTold) {
      this.#closedTold = true;
      consumer.closed(this.#error);
    }
  };

  #deliver(consumer: ByteStreamConsumer): void {
    while (!this.#paused) {
      const bytes = this.#inbox.shift();
      if (bytes === undefined) break;
      this.#inboxBytes -= bytes.length;
      if (!this.#writableEnded) consumer.data(bytes);
    }
    const peer = this.#peer as MemoryStream;
    if (peer.#waiting !== undefined && !this.#over) peer.#moveWaiting();
  }

  #finish(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#waiting = undefined;
    this.#inbox.length = 0;
    this.#inboxBytes = 0;
    this.onOver?.();
    this.#schedulePump();
  }
}

function reset(): Error {
  return Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
}
