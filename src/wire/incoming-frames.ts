import { type ByteReader, NEED_MORE } from '../base/bytes/byte-reader.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { DecodedMessage, MessageCodec } from '../protocol/codec/codec.ts';
import { decodeNow } from '../protocol/codec/prompt.ts';
import type { ChannelLife } from './channel-life.ts';
import { type FrameGate, type FrameReceiver, OPEN_GATE } from './frame-channel.ts';
import { checkSkipped, frameTooLarge, LARGE_FRAME_BYTES, MAX_HEADER_BYTES } from './frame-size.ts';
import { KeptBytes } from './kept-bytes.ts';
import { newReader, skipMessage } from './read-message.ts';

const NO_BYTES = Buffer.alloc(0);

type Fail = (error: unknown, isReceivers: boolean) => void;

/**
 * The reading side of a channel: cuts what arrives into frames and hands them over, or puts them aside while they are
 * held. What is put aside stays bytes: a frame as a value may take many times as much.
 */
export class IncomingFrames {
  /** How many times frames have been handed over. */
  deliveries = 0;
  /** How many frames have come in part: changes when one is awaited that was not before. */
  partials = 0;
  /** Whom frames are handed to. */
  receiver: FrameReceiver | undefined;
  gate: FrameGate = OPEN_GATE;
  /** Looks at the first bytes, of which the other side can be told, and throws where it is another one. */
  lookAtFirst: ((bytes: Buffer) => void) | undefined;
  /** Reads what comes before all frames, during the handshake; returns whether it was there whole. */
  readFirst: (reader: ByteReader) => boolean = () => false;

  readonly #codec: MessageCodec;
  readonly #maxFrameBytes: number;
  readonly #life: ChannelLife;
  readonly #fail: Fail;
  readonly #message: DecodedMessage = { type: 0, value: undefined, weight: 0 };
  readonly #reader = newReader();
  /** Has nothing of a message that has come in part, as the other may. */
  readonly #heldReader = newReader();

  /** Bytes that have come and are not read: at most one frame, unless nobody reads. */
  readonly #kept = new KeptBytes();
  /** Whole frames that were put aside; all are older than what is kept. */
  readonly #held = new KeptBytes();
  /** How many kept bytes it takes before decoding is worth another try. */
  #wantedBytes = 0;
  /** So many of the next bytes are of a payload that nobody wants. */
  #unwantedBytes = 0;
  /** Whether the frame whose rest is still to come has been counted. */
  #isCounted = false;
  #paused = false;
  #holding = false;
  #reading = false;
  /** Whether an error that is thrown while reading is the receiver's: it is no fault of the bytes then. */
  #handedOver = false;

  /** @param fail - called where the bytes are no frames, or what was told of one threw; nothing is read after that. */
  constructor(codec: MessageCodec, maxFrameBytes: number, life: ChannelLife, fail: Fail) {
    this.#codec = codec;
    this.#maxFrameBytes = maxFrameBytes;
    this.#life = life;
    this.#fail = fail;
  }

  get hasReader(): boolean {
    return this.receiver !== undefined || this.#life.isHandshake;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  /** The memory for what was put aside and what has come in part. */
  get arrivedBytes(): number {
    return this.#held.buffer.length + this.#kept.buffer.length;
  }

  /** Whether the start of a frame has come whose rest has not. What waits while paused may be whole frames. */
  get isInsideFrame(): boolean {
    if (this.receiver === undefined || this.#life.isOver) return false;
    return this.#unwantedBytes > 0 || (this.#kept.length > 0 && !this.#paused);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.goOn();
  }

  hold(): void {
    this.#holding = true;
  }

  release(): void {
    this.#holding = false;
    this.goOn();
  }

  /** Drops what waits. */
  clear(): void {
    this.#kept.clear();
    this.#held.clear();
  }

  /** Takes bytes that have arrived; their memory is the caller's again afterwards. */
  arrive(bytes: Buffer): void {
    const wanted = this.#unwantedBytes > 0 ? this.#skipUnwanted(bytes) : bytes;
    if (wanted.length === 0 || this.#life.isOver) return;
    if (this.#kept.length === 0 && !this.#paused && this.hasReader) {
      const position = this.#read(this.#reader, wanted, 0, wanted.length);
      if (this.#life.isOver) return;
      if (position < wanted.length) this.#kept.append(wanted.subarray(position));
      if (this.#held.length > 0 && !this.#holding) this.goOn();
    } else {
      this.#kept.append(wanted);
      this.goOn();
    }
    if (this.#kept.length === 0 && this.#unwantedBytes === 0) return;
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
      const held = this.#held;
      if (held.length > 0 && !this.#holding) {
        held.consumeTo(this.#read(this.#heldReader, held.buffer, held.start, held.end));
      } else if (kept.length > 0 && kept.length >= this.#wantedBytes) {
        kept.consumeTo(this.#read(this.#reader, kept.buffer, kept.start, kept.end));
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
    if (reader === this.#reader) this.#wantedBytes = 0;
    this.#reading = true;
    this.deliveries++;
    this.#handedOver = false;
    try {
      this.lookAtFirst?.(bytes.subarray(start, end));
      if (this.#begin(end - start)) this.#readAll(reader);
    } catch (error) {
      this.#fail(error, this.#handedOver);
    } finally {
      this.#reading = false;
      // A quiet connection shall not hold on to the memory of what it read last.
      reader.buffer = NO_BYTES;
    }
    // Once for all that were read: what comes in part now is another one.
    if (reader.position > start && reader === this.#reader) this.#isCounted = false;
    return reader.position;
  }

  #readAll(reader: ByteReader): void {
    while (reader.position < reader.end && !this.#paused && !this.#life.isOver && this.hasReader) {
      if (this.#holding) {
        // What was put aside before is taken first, should frames be held no longer.
        if (reader === this.#heldReader || !this.#holdNext(reader) || !this.#holding) return;
      } else if (!this.#deliverNext(reader)) return;
    }
  }

  /** Counts a frame that has come in part, once. */
  #countPartial(): void {
    if (this.#isCounted || !this.isInsideFrame) return;
    this.#isCounted = true;
    this.partials++;
  }

  /** Returns whether to read on: where a codec does not know lengths, the next frame may be as large as what is there. */
  #begin(bytes: number): boolean {
    if (bytes < LARGE_FRAME_BYTES || this.#codec.skip !== undefined || this.#holding) return true;
    if (this.receiver === undefined) return true;
    this.#handedOver = true;
    return this.gate.admit(bytes) || this.#postpone(bytes);
  }

  /** Reads one frame, or what comes before all frames while that is awaited. Returns whether it was there whole, and taken. */
  #deliverNext(reader: ByteReader): boolean {
    this.#handedOver = false;
    const { receiver } = this;
    if (receiver === undefined) return this.readFirst(reader);
    const start = reader.position;
    const seq = reader.readVarint();
    if (seq === 0) {
      this.#handedOver = true;
      receiver.ping();
      return true;
    }
    const message = this.#message;
    message.weight = 0;
    reader.missing = 0;
    if (seq !== NEED_MORE && decodeNow(this.#codec, reader, message)) {
      const { value, weight = 0 } = message;
      const size = reader.position - start;
      message.value = undefined;
      this.#handedOver = true;
      receiver.frame(seq, message.type, value, size, weight > 0 ? weight : size);
      return true;
    }
    if (reader.postponed) return this.#decideOnLarge(reader, start);
    if (reader.oversized > 0) return this.#passOversized(reader, start, seq);
    return this.#waitForRest(reader, start);
  }

  /** Puts one frame aside. Returns whether it was there whole, or is known to be unwanted. */
  #holdNext(reader: ByteReader): boolean {
    this.#handedOver = false;
    const start = reader.position;
    const seq = reader.readVarint();
    if (seq === 0) {
      this.#handedOver = true;
      this.receiver?.ping();
      return true;
    }
    reader.missing = 0;
    const isWhole = seq !== NEED_MORE && skipMessage(this.#codec, reader, this.#message);
    if (reader.oversized > 0) return this.#passOversized(reader, start, seq);
    // Where it is known how much is to come, what is not wanted is not waited for.
    const missing = isWhole ? 0 : reader.missing;
    if (!isWhole && (missing === 0 || this.#codec.skip === undefined)) return this.#waitForRest(reader, start);
    const size = reader.position - start + missing;
    this.#handedOver = true;
    if (this.gate.mayHold(size)) {
      if (!isWhole) return this.#waitForRest(reader, start);
      this.#held.append(reader.buffer.subarray(start, reader.position));
      this.gate.held(size);
    } else {
      this.#leaveOut(reader, missing);
      this.gate.refused(seq, this.#message.type, size);
    }
    return true;
  }

  /** A large frame is there: it is decoded now, or when the gate lets it pass. */
  #decideOnLarge(reader: ByteReader, start: number): boolean {
    reader.postponed = false;
    const size = reader.position - start;
    reader.position = start;
    this.#handedOver = true;
    if (!this.gate.admit(size)) return this.#postpone(size);
    reader.atOnceBytes = Number.POSITIVE_INFINITY;
    const isWhole = this.#deliverNext(reader);
    reader.atOnceBytes = LARGE_FRAME_BYTES;
    return isWhole;
  }

  #postpone(size: number): false {
    this.gate.postponed(size);
    return false;
  }

  /** A payload over the limit comes: its request is told so at once, and the payload is skipped. */
  #passOversized(reader: ByteReader, start: number, seq: number): true {
    const length = reader.oversized;
    reader.oversized = 0;
    checkSkipped(length, this.#maxFrameBytes);
    const { type, value } = this.#message;
    this.#message.value = undefined;
    const size = reader.position - start + length;
    this.#leaveOut(reader, length);
    this.#handedOver = true;
    this.receiver?.frame(seq, type, value, size, 0);
    return true;
  }

  /** Skips so many bytes, also those that have yet to come. */
  #leaveOut(reader: ByteReader, bytes: number): void {
    const here = Math.min(bytes, reader.available);
    reader.position += here;
    this.#unwantedBytes = bytes - here;
  }

  #skipUnwanted(bytes: Buffer): Buffer {
    const skipped = Math.min(this.#unwantedBytes, bytes.length);
    this.#unwantedBytes -= skipped;
    if (this.#unwantedBytes === 0) this.#isCounted = false;
    this.receiver?.partial(skipped);
    return bytes.subarray(skipped);
  }

  #waitForRest(reader: ByteReader, start: number): false {
    if (reader === this.#heldReader) {
      throw new CmdStreamError('protocol-error', 'the codec found a message whole, and then not');
    }
    this.#wantedBytes = reader.missing > 0 ? reader.position - start + reader.missing : 0;
    reader.position = start;
    const largest = this.#maxFrameBytes + MAX_HEADER_BYTES;
    if (reader.available > largest || this.#wantedBytes > largest) {
      throw frameTooLarge(Math.max(reader.available, this.#wantedBytes), this.#maxFrameBytes);
    }
    return false;
  }
}
