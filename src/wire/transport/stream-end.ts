import type { ByteStream, ByteStreamConsumer } from './transport.ts';

/**
 * One end of a connection without a socket: behaves as a socket does, and hides no misuse that a socket would punish.
 * Bytes that find no room stay in the writer's memory. How they travel is its heirs' business, and when the consumer is
 * told.
 */
export abstract class StreamEnd implements ByteStream {
  readonly remoteAddress: string;
  /** Called once the connection is over at this end. */
  onOver: (() => void) | undefined;

  /** Bytes that have arrived and are not read. */
  protected inbox: Buffer[] = [];
  protected inboxBytes = 0;
  /** Nothing happens any more but that the consumer is told. */
  protected over = false;
  protected paused = false;
  /** `end` was called: what arrives is dropped. */
  protected writableEnded = false;
  protected goodbyeSent = false;
  #goodbyeReceived = false;

  #consumer: ByteStreamConsumer | undefined;
  /** The part of a write that there is no room for yet; the writer's own memory. */
  #waiting: Buffer | undefined;
  #drainedOwed = false;
  #closedTold = false;
  #error: Error | undefined;

  constructor(remoteAddress: string) {
    this.remoteAddress = remoteAddress;
  }

  get bufferedBytes(): number {
    return this.#waiting?.length ?? 0;
  }

  open(consumer: ByteStreamConsumer): void {
    this.#consumer = consumer;
    this.tellSoon();
  }

  write(bytes: Buffer): boolean {
    if (this.over || this.writableEnded) return false;
    this.#waiting = bytes;
    this.moveWaiting();
    if (this.#waiting === undefined) return true;
    this.#drainedOwed = true;
    return false;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.tellSoon();
  }

  end(): void {
    if (this.over || this.writableEnded) return;
    this.writableEnded = true;
    // Reading goes on, into nothing, so that the peer's goodbye is seen.
    this.paused = false;
    this.moveWaiting();
    this.tellSoon();
  }

  abstract destroy(): void;

  /** Sends a copy of as many of these bytes as there is room for, and returns how many; may finish this end instead. */
  protected abstract send(bytes: Buffer): number;
  /** Sends the goodbye, behind all bytes. */
  protected abstract sendGoodbye(): void;
  /** Has `tell` called a moment later: a consumer is told nothing from within a call of its own. */
  protected abstract tellSoon(): void;
  /** Hands the consumer what has arrived, as far as it reads. */
  protected abstract deliver(consumer: ByteStreamConsumer): void;

  /** Sends what waits, as far as there is room, and the goodbye behind it. */
  protected moveWaiting(): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      const sent = this.send(waiting);
      if (this.over) return;
      if (sent < waiting.length) {
        this.#waiting = waiting.subarray(sent);
        return;
      }
      this.#waiting = undefined;
      if (this.#drainedOwed) this.tellSoon();
    }
    if (this.writableEnded && !this.goodbyeSent) {
      this.goodbyeSent = true;
      this.sendGoodbye();
    }
  }

  /** The peer has said goodbye; the consumer has yet to be told. */
  protected receiveGoodbye(): void {
    this.#goodbyeReceived = true;
  }

  /** Tells the consumer what has happened since the last time. */
  protected tell(): void {
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    if (!this.over) this.deliver(consumer);
    if (this.#drainedOwed && this.#waiting === undefined && !this.over) {
      this.#drainedOwed = false;
      consumer.drained();
    }
    if (!this.over && this.#goodbyeReceived && this.inboxBytes === 0) {
      // No half-open connections: the peer's goodbye is answered by one's own, behind what waits.
      this.end();
      if (this.goodbyeSent) this.finish(undefined);
    }
    if (this.over && !this.#closedTold) {
      this.#closedTold = true;
      consumer.closed(this.#error);
    }
  }

  /** The connection is over at this end, for this reason unless it ended in order; what waits and what was not read is lost. */
  protected finish(error: Error | undefined): void {
    if (this.over) return;
    this.over = true;
    this.#error = error;
    this.#waiting = undefined;
    this.inbox = [];
    this.inboxBytes = 0;
    this.onOver?.();
    this.tellSoon();
  }
}
