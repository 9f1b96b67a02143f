import { ByteWriter } from '../base/bytes/byte-writer.ts';
import type { MessageCodec } from '../protocol/codec/codec.ts';
import { encodeNow } from '../protocol/codec/prompt.ts';
import { sentWhileEncoding, unencodable } from '../wire/unencodable.ts';

/** Memory that messages are written into, one behind the other. */
const SLAB_BYTES = 64 * 1024;
/** With less left of it the next message begins another one. */
const LEAST_ROOM_BYTES = 1024;

/** Encodes messages into bytes of their own: what sends them holds on to them until they are written. */
export class MessageWriter {
  readonly #codec: MessageCodec;
  #writer = new ByteWriter(SLAB_BYTES);
  #encoding = false;

  constructor(codec: MessageCodec) {
    this.#codec = codec;
  }

  /**
   * Encodes a number and a message behind it.
   * @throws CmdStreamError `encode-failed`, `frame-too-large`.
   */
  encode(number: number, type: number, value: unknown): Buffer {
    if (this.#encoding) throw sentWhileEncoding();
    const writer = this.#room();
    const start = writer.position;
    this.#encoding = true;
    try {
      writer.writeVarint(number);
      encodeNow(this.#codec, type, value, writer);
    } catch (error) {
      writer.position = start;
      throw unencodable(error);
    } finally {
      this.#encoding = false;
    }
    return writer.buffer.subarray(start, writer.position);
  }

  /** Puts a number before a message that is encoded already. */
  wrap(number: number, message: Uint8Array): Buffer {
    if (this.#encoding) throw sentWhileEncoding();
    const writer = this.#room();
    const start = writer.position;
    writer.writeVarint(number);
    writer.writeBytes(message);
    return writer.buffer.subarray(start, writer.position);
  }

  #room(): ByteWriter {
    const { buffer, position } = this.#writer;
    if (buffer.length > SLAB_BYTES || position > SLAB_BYTES - LEAST_ROOM_BYTES) {
      this.#writer = new ByteWriter(SLAB_BYTES);
    }
    return this.#writer;
  }
}
