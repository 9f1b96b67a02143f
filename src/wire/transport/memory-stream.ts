import { AsyncContext, runOutside } from '../../base/async-context.ts';
import type { Defer } from '../../base/clock.ts';
import { StreamEnd } from './stream-end.ts';
import { systemError } from './system-error.ts';
import type { ByteStreamConsumer } from './transport.ts';

/** Options that both ends of an in-memory connection share. */
export interface MemoryStreamOptions {
  readonly defer: Defer;
  /** As many bytes travel in one direction at a time; what is written beyond waits with its writer. */
  readonly maxInFlightBytes: number;
}

/** One end of an in-memory connection: what it sends stands in its peer's inbox at once. */
export class MemoryStream extends StreamEnd {
  readonly #options: MemoryStreamOptions;
  /** As a socket's: its own, and not that of whoever writes at the other end. */
  readonly #context = runOutside(() => new AsyncContext());
  #peer: MemoryStream | undefined;
  #tellScheduled = false;

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
    super(remoteAddress);
    this.#options = options;
  }

  override destroy(): void {
    if (this.over) return;
    const peer = this.#peer as MemoryStream;
    const unread = this.inboxBytes > 0;
    this.finish(undefined);
    if (unread) peer.finish(systemError('read', 'ECONNRESET'));
    else peer.receiveGoodbye();
  }

  protected override send(bytes: Buffer): number {
    const peer = this.#peer as MemoryStream;
    if (peer.over) {
      // As with TCP: a write to an end that is gone is answered by a reset.
      this.finish(systemError('read', 'ECONNRESET'));
      return 0;
    }
    const room = Math.min(this.#options.maxInFlightBytes - peer.inboxBytes, bytes.length);
    if (room > 0) {
      peer.inbox.push(Buffer.from(bytes.subarray(0, room)));
      peer.inboxBytes += room;
      peer.tellSoon();
    }
    return room;
  }

  protected override sendGoodbye(): void {
    (this.#peer as MemoryStream).receiveGoodbye();
  }

  protected override receiveGoodbye(): void {
    super.receiveGoodbye();
    this.tellSoon();
  }

  protected override tellSoon(): void {
    if (this.#tellScheduled) return;
    this.#tellScheduled = true;
    this.#context.run(this.#options.defer, this.#tellNow);
  }

  readonly #tellNow = (): void => {
    this.#tellScheduled = false;
    // As from a socket: in nobody's async context, not in that of whoever wrote.
    runOutside(this.#tell);
  };

  readonly #tell = (): void => this.tell();

  protected override deliver(consumer: ByteStreamConsumer): void {
    while (!this.paused) {
      const bytes = this.inbox.shift();
      if (bytes === undefined) break;
      this.inboxBytes -= bytes.length;
      if (!this.writableEnded) consumer.data(bytes);
    }
    const peer = this.#peer as MemoryStream;
    if (peer.bufferedBytes > 0 && !this.over) peer.moveWaiting();
  }
}
