import { type ByteReader, NEED_MORE } from '../base/bytes/byte-reader.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { DecodedMessage, MessageCodec } from '../protocol/codec/codec.ts';
import { decodeNow } from '../protocol/codec/prompt.ts';
import { RESERVED_TYPES } from '../protocol/reserved.ts';
import type { ChannelLife } from './channel-life.ts';
import { ControlFrame, isControlNext, readControlFrame } from './extension/control-frame.ts';
import { type Fail, FrameIntake } from './frame-intake.ts';
import { checkSkipped, frameTooLarge, LARGE_FRAME_BYTES, MAX_HEADER_BYTES } from './frame-size.ts';
import { skipMessage } from './read-message.ts';

const NO_BYTES = Buffer.alloc(0);

/**
 * The reading side of a channel: cuts what arrives into frames and hands them over, or puts them aside while they are
 * held. What is put aside stays bytes: a frame as a value may take many times as much.
 */
export class IncomingFrames extends FrameIntake {
  /** Reads what comes before all frames, during the handshake; returns whether it was there whole. */
  readFirst: (reader: ByteReader) => boolean = () => false;

  readonly #codec: MessageCodec;
  readonly #maxFrameBytes: number;
  readonly #control = new ControlFrame();
  /** The Command for whose head there was no room: there is none for it either. 0: none. */
  #headlessSeq = 0;
  readonly #message: DecodedMessage = { type: 0, value: undefined, weight: 0 };

  /** @param fail - called where the bytes are no frames, or what was told of one threw; nothing is read after that. */
  constructor(codec: MessageCodec, maxFrameBytes: number, life: ChannelLife, fail: Fail) {
    super(life, fail);
    this.#codec = codec;
    this.#maxFrameBytes = maxFrameBytes;
  }

  protected override begin(bytes: number): boolean {
    if (bytes < LARGE_FRAME_BYTES || this.#codec.skip !== undefined || this.holding) return true;
    if (this.receiver === undefined) return true;
    this.handedOver = true;
    return this.gate.admit(bytes) || this.#postpone(bytes);
  }

  protected override deliverNext(reader: ByteReader): boolean {
    this.handedOver = false;
    const { receiver } = this;
    if (receiver === undefined) return this.readFirst(reader);
    const start = reader.position;
    const seq = reader.readVarint();
    if (seq === 0) {
      this.handedOver = true;
      receiver.ping();
      return true;
    }
    if (this.extended && seq !== NEED_MORE && isControlNext(reader))
      return this.#takeControl(reader, start, seq, false);
    const message = this.#message;
    message.weight = 0;
    reader.missing = 0;
    if (seq !== NEED_MORE && decodeNow(this.#codec, reader, message)) {
      const { value, weight = 0 } = message;
      const size = reader.position - start;
      message.value = undefined;
      this.handedOver = true;
      if (seq === this.#headlessSeq) this.gate.refused(seq, message.type, size);
      else receiver.frame(seq, message.type, value, size, weight > 0 ? weight : size);
      return true;
    }
    if (reader.postponed) return this.#decideOnLarge(reader, start);
    if (reader.oversized > 0) return this.#passOversized(reader, start, seq);
    return this.#waitForRest(reader, start);
  }

  protected override holdNext(reader: ByteReader): boolean {
    this.handedOver = false;
    const start = reader.position;
    const seq = reader.readVarint();
    if (seq === 0) {
      this.handedOver = true;
      this.receiver?.ping();
      return true;
    }
    reader.missing = 0;
    if (this.extended && seq !== NEED_MORE && isControlNext(reader)) return this.#takeControl(reader, start, seq, true);
    const isWhole = seq !== NEED_MORE && skipMessage(this.#codec, reader, this.#message);
    if (reader.oversized > 0) return this.#passOversized(reader, start, seq);
    // Where it is known how much is to come, what is not wanted is not waited for.
    const missing = isWhole ? 0 : reader.missing;
    if (!isWhole && (missing === 0 || this.#codec.skip === undefined)) return this.#waitForRest(reader, start);
    const size = reader.position - start + missing;
    this.handedOver = true;
    if (seq !== this.#headlessSeq && this.gate.mayHold(size)) {
      if (!isWhole) return this.#waitForRest(reader, start);
      this.held.append(reader.buffer.subarray(start, reader.position));
      this.gate.held(size);
    } else {
      this.leaveOut(reader, missing);
      this.gate.refused(seq, this.#message.type, size);
    }
    return true;
  }

  /** A frame of the wire extension: what goes before a Command is put aside with it, all else is told at once. */
  #takeControl(reader: ByteReader, start: number, seq: number, holds: boolean): boolean {
    reader.missing = 0;
    const frame = this.#control;
    if (!readControlFrame(reader, seq, frame)) {
      this.wantedBytes = reader.missing > 0 ? reader.position - start + reader.missing : 0;
      reader.position = start;
      return false;
    }
    this.handedOver = true;
    if (!holds || frame.type !== RESERVED_TYPES.head) {
      this.receiver?.control(frame);
    } else {
      const size = reader.position - start;
      if (this.gate.mayHold(size)) this.held.append(reader.buffer.subarray(start, reader.position));
      else this.#headlessSeq = seq;
      this.receiver?.partial(size);
    }
    frame.buffer = NO_BYTES;
    return true;
  }

  /** A large frame is there: it is decoded now, or when the gate lets it pass. */
  #decideOnLarge(reader: ByteReader, start: number): boolean {
    reader.postponed = false;
    const size = reader.position - start;
    reader.position = start;
    this.handedOver = true;
    if (!this.gate.admit(size)) return this.#postpone(size);
    reader.atOnceBytes = Number.POSITIVE_INFINITY;
    const isWhole = this.deliverNext(reader);
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
    this.leaveOut(reader, length);
    this.handedOver = true;
    this.receiver?.frame(seq, type, value, size, 0);
    return true;
  }

  #waitForRest(reader: ByteReader, start: number): false {
    if (reader === this.heldReader) {
      throw new CmdStreamError('protocol-error', 'the codec found a message whole, and then not');
    }
    this.wantedBytes = reader.missing > 0 ? reader.position - start + reader.missing : 0;
    reader.position = start;
    const largest = this.#maxFrameBytes + MAX_HEADER_BYTES;
    if (reader.available > largest || this.wantedBytes > largest) {
      throw frameTooLarge(Math.max(reader.available, this.wantedBytes), this.#maxFrameBytes);
    }
    return false;
  }
}
