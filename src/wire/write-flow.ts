import type { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { Clock } from '../base/clock.ts';
import type { Flow } from './frame-channel.ts';
import type { ByteStream } from './transport/transport.ts';

/** How many waiting bytes make a {@link Flow} full. */
export interface FlowBound {
  /** So many do now. May change while nobody sends. */
  readonly bytes: number;
  /** Never fewer than so many. */
  readonly leastBytes: number;
}

/** A bound that stays as it is. */
export function fixedBound(bytes: number): FlowBound {
  return { bytes, leastBytes: bytes };
}

/** The {@link Flow} of a batch, which tells it what it does. */
export class WriteFlow implements Flow {
  lastFlushedSeq = 0;
  lastSentMs: number;
  readonly #stream: ByteStream;
  readonly #gathered: ByteWriter;
  readonly #bound: FlowBound;
  readonly #clock: Clock;
  #handedBytes = 0;
  /** From so many gathered bytes it may be full, beside what the stream had not taken after the last write. */
  #roomBytes: number;
  /** Whether somebody may have seen it full, and waits to be told of its relief. */
  #mayBeFull = false;

  /** @param gathered - what the batch gathers in. */
  constructor(stream: ByteStream, gathered: ByteWriter, bound: FlowBound, clock: Clock) {
    this.#stream = stream;
    this.#gathered = gathered;
    this.#bound = bound;
    this.#clock = clock;
    this.#roomBytes = bound.leastBytes;
    this.lastSentMs = clock.monotonicMs();
  }

  get bufferedBytes(): number {
    return this.#gathered.position + this.#stream.bufferedBytes;
  }

  get isFull(): boolean {
    return this.bufferedBytes >= this.#bound.bytes;
  }

  get sentBytes(): number {
    return this.#handedBytes + this.#gathered.position;
  }

  /** Notes that bytes were gathered. */
  grew(): void {
    if (this.#gathered.position >= this.#roomBytes) this.#mayBeFull = true;
  }

  /** Notes that so many gathered bytes, up to the frame `seq`, are being handed to the stream. */
  handOver(bytes: number, seq: number): void {
    this.#handedBytes += bytes;
    this.lastFlushedSeq = seq;
    this.lastSentMs = this.#clock.monotonicMs();
  }

  /** Notes that the stream has taken bytes, or keeps them waiting. */
  measure(): void {
    this.#roomBytes = this.#bound.leastBytes - this.#stream.bufferedBytes;
  }

  /** Returns whether, having been full perhaps, it has room again; once for each time. */
  takeRelief(): boolean {
    if (!this.#mayBeFull || this.bufferedBytes > this.#bound.bytes / 2) return false;
    this.#mayBeFull = false;
    return true;
  }
}
