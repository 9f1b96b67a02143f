import type { ByteReader } from '../base/bytes/byte-reader.ts';
import type { ChannelLife } from './channel-life.ts';
import { type FrameGate, type FrameReceiver, OPEN_GATE } from './frame-channel.ts';
import { KeptBytes } from './kept-bytes.ts';
import { newReader } from './read-message.ts';

const NO_BYTES = Buffer.alloc(0);

/** Callback for bytes that are no frames, and for what was told of one and threw: that is the receiver's failure. */
export type Fail = (error: unknown, isReceivers: boolean) => void;

/**
 * The bytes of a channel as they arrive, and when they are read: at once, or once nobody pauses and nobody holds any more.
 * What a frame is, and what becomes of it, its heir knows. Inherited and not called: it is on the way of every frame.
 */
export abstract class FrameIntake {
  /** How many times frames have been handed over. */
  deliveries = 0;
  /** How many frames have come in part: changes when one is awaited that was not before. */
  partials = 0;
  /** Whom frames are handed to. */
  receiver: FrameReceiver | undefined;
  gate: FrameGate = OPEN_GATE;
  /** Whether frames of the wire extension may come. */
  extended = false;
  /** Looks at the first bytes, of which the other side can be told, and throws where it is another one. */
  lookAtFirst: ((bytes: Buffer) => void) | undefined;

  readonly #life: ChannelLife;
  readonly #fail: Fail;
  protected readonly reader = newReader();
  /** Has nothing of a message that has come in part, as the other may. */
  protected readonly heldReader = newReader();

  /** Bytes that have come and are not read: at most one frame, unless nobody reads. */
  readonly #kept = new KeptBytes();
  /** Whole frames that were put aside; all are older than what is kept. */
  protected readonly held = new KeptBytes();
  /** How many kept bytes it takes before decoding is worth another try. */
  protected wantedBytes = 0;
  /** So many of the next bytes are of a payload that nobody wants. */
  protected unwantedBytes = 0;
  /** Whether the frame whose rest is still to come has been counted. */
  #isCounted = false;
  #paused = false;
  protected holding = false;
  #reading = false;
  /** Whether an error that is thrown while reading is the receiver's: it is no fault of the bytes then. */
  protected handedOver = false;

  /** @param fail - called where the bytes are no frames, or what was told of one threw; nothing is read after that. */
  constructor(life: ChannelLife, fail: Fail) {
    this.#life = life;
    this.#fail = fail;
  }

  /** Returns whether to read on: where a codec does not know lengths, the next frame may be as large as what is there. */
  protected abstract begin(bytes: number): boolean;

  /** Reads one frame, or what comes before all frames while that is awaited. Returns whether it was there whole, and taken. */
  protected abstract deliverNext(reader: ByteReader): boolean;

  /** Puts one frame aside. Returns whether it was there whole, or is known to be unwanted. */
  protected abstract holdNext(reader: ByteReader): boolean;

  get hasReader(): boolean {
    return this.receiver !== undefined || this.#life.isHandshake;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get heldBytes(): number {
    return this.held.length;
  }

  /** The memory for what was put aside and what has come in part. */
  get arrivedBytes(): number {
    return this.held.buffer.length + this.#kept.buffer.length;
  }

  /** Whether the start of a frame has come whose rest has not. What waits while paused may be whole frames. */
  get isInsideFrame(): boolean {
    if (this.receiver === undefined || this.#life.isOver) return false;
    return this.unwantedBytes > 0 || (this.#kept.length > 0 && !this.#paused);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.goOn();
  }

  hold(): void {
    this.holding = true;
  }

  release(): void {
    this.holding = false;
    this.goOn();
  }

  /** Drops what waits. */
  clear(): void {
    this.#kept.clear();
    this.held.clear();
  }

  /** Takes bytes that have arrived; their memory is the caller's again afterwards. */
  arrive(bytes: Buffer): void {
    const wanted = this.unwantedBytes > 0 ? this.#skipUnwanted(bytes) : bytes;
    if (wanted.length === 0 || this.#life.isOver) return;
    if (this.#kept.length === 0 && !this.#paused && this.hasReader) {
      const position = this.#read(this.reader, wanted, 0, wanted.length);
      if (this.#life.isOver) return;
      if (position < wanted.length) this.#kept.append(wanted.subarray(position));
      if (this.held.length > 0 && !this.holding) this.goOn();
    } else {
      this.#kept.append(wanted);
      this.goOn();
    }
    if (this.#kept.length === 0 && this.unwantedBytes === 0) return;
    this.#countPartial();
    if (this.#kept.length > 0 && this.isInsideFrame) this.receiver?.partial(Math.min(wanted.length, this.#kept.length));
  }

  /** Delivers what waits: first what was put aside, then what has come behind it. */
  goOn(): void {
    if (this.#reading || !this.hasReader) return;
    this.#readWaiting();
    this.#countPartial();
  }

  #readWaiting(): void {
    for (let before = Number.POSITIVE_INFINITY; !this.#paused && !this.#life.isOver; ) {
      const kept = this.#kept;
      const held = this.held;
      if (held.length > 0 && !this.holding) {
        held.consumeTo(this.#read(this.heldReader, held.buffer, held.start, held.end));
      } else if (kept.length > 0 && kept.length >= this.wantedBytes) {
        kept.consumeTo(this.#read(this.reader, kept.buffer, kept.start, kept.end));
      } else {
        return;
      }
      // Once more where the one came to its end and leaves the word to the other.
      const left = held.length + kept.length;
      if (left === 0 || left >= before) return;
      before = left;
    }
  }

  /** Reads whole frames in `bytes[start, end)`. Returns where the first that is not whole, or not read, begins. */
  #read(reader: ByteReader, bytes: Buffer, start: number, end: number): number {
    reader.buffer = bytes;
    reader.position = start;
    reader.end = end;
    if (reader === this.reader) this.wantedBytes = 0;
    this.#reading = true;
    this.deliveries++;
    this.handedOver = false;
    try {
      this.lookAtFirst?.(bytes.subarray(start, end));
      if (this.begin(end - start)) this.#readAll(reader);
    } catch (error) {
      this.#fail(error, this.handedOver);
    } finally {
      this.#reading = false;
      // A quiet connection shall not hold on to the memory of what it read last.
      reader.buffer = NO_BYTES;
    }
    // Once for all that were read: what comes in part now is another one.
    if (reader.position > start && reader === this.reader) this.#isCounted = false;
    return reader.position;
  }

  #readAll(reader: ByteReader): void {
    while (reader.position < reader.end && !this.#paused && !this.#life.isOver && this.hasReader) {
      if (this.holding) {
        if (reader === this.heldReader || !this.holdNext(reader)) return;
        // What was put aside before is taken first, should frames be held no longer.
        if (!this.holding && this.held.length > 0) return;
      } else if (!this.deliverNext(reader)) return;
    }
  }

  /** Counts a frame that has come in part, once. */
  #countPartial(): void {
    if (this.#isCounted || !this.isInsideFrame) return;
    this.#isCounted = true;
    this.partials++;
  }

  #skipUnwanted(bytes: Buffer): Buffer {
    const skipped = Math.min(this.unwantedBytes, bytes.length);
    this.unwantedBytes -= skipped;
    if (this.unwantedBytes === 0) this.#isCounted = false;
    this.receiver?.partial(skipped);
    return bytes.subarray(skipped);
  }

  /** Skips so many bytes, also those that have yet to come. */
  protected leaveOut(reader: ByteReader, bytes: number): void {
    const here = Math.min(bytes, reader.available);
    reader.position += here;
    this.unwantedBytes = bytes - here;
  }
}
