import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { Clock } from '../base/clock.ts';
import type { Flow } from './frame-channel.ts';
import type { ByteStream } from './transport/transport.ts';

/** The {@link Flow} of a batch, which tells it what it does. */
export class WriteFlow implements Flow {
  lastFlushedSeq = 0;
  lastSentMs: number;
  readonly #stream: ByteStream;
  readonly #gathered: ByteWriter;
  readonly #maxBufferedBytes: number;
  readonly #clock: Clock;
  #handedBytes = 0;
  /** How many gathered bytes make it full, beside what the stream had not taken after the last write. */
  #roomBytes: number;
  #wasFull = false;

  /** @param gathered - what the batch gathers in. */
  constructor(stream: ByteStream, gathered: ByteWriter, maxBufferedBytes: number, clock: Clock) {
    this.#stream = stream;
    this.#gathered = gathered;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#clock = clock;
    this.#roomBytes = maxBufferedBytes;
    this.lastSentMs = clock.monotonicMs();
  }

  get bufferedBytes(): number {
    return this.#gathered.position + this.#stream.bufferedBytes;
  }

  get isFull(): boolean {
    return this.bufferedBytes >= this.#maxBufferedBytes;
  }

  get sentBytes(): number {
    return this.#handedBytes + this.#gathered.position;
  }

  /** Notes that bytes were gathered. */
  grew(): void {
    if (this.#gathered.position >= this.#roomBytes) this.#wasFull = true;
  }

  /** Notes that so many gathered bytes, up to the frame `seq`, are being handed to the stream. */
  handOver(bytes: number, seq: number): void {
    this.#handedBytes += bytes;
    this.lastFlushedSeq = seq;
    this.lastSentMs = this.#clock.monotonicMs();
  }

  /** Notes that the stream has taken bytes, or keeps them waiting. */
  measure(): void {
    this.#roomBytes = this.#maxBufferedBytes - this.#stream.bufferedBytes;
  }

  /** Returns whether, having been full, it has room again; once for each time. */
  takeRelief(): boolean {
    if (!this.#wasFull || this.bufferedBytes > this.#maxBufferedBytes / 2) return false;
    this.#wasFull = false;
    return true;
  }
}
