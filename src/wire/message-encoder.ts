import { ByteWriter } from '../base/bytes/byte-writer.ts';
import { MAX_VARINT_BYTES } from '../base/bytes/varint.ts';
import type { MessageCodec } from '../protocol/codec/codec.ts';
import { encodeNow } from '../protocol/codec/prompt.ts';
import { frameTooLarge, MAX_HEADER_BYTES } from './frame-size.ts';
import { unencodable } from './unencodable.ts';

/** Memory that grew beyond this for one large message is given back after it. */
const KEEP_BUFFER_BYTES = 64 * 1024;

/** Encodes messages into bytes of their own: all of a frame but its sequence number, which it gets when it leaves. */
export class MessageEncoder {
  readonly #codec: MessageCodec;
  readonly #maxFrameBytes: number;
  /** In use while `undefined`: encoding a message calls code of the user's, which may have another one encoded. */
  #writer: ByteWriter | undefined = new ByteWriter();

  constructor(codec: MessageCodec, maxFrameBytes: number) {
    this.#codec = codec;
    this.#maxFrameBytes = maxFrameBytes;
  }

  /** @throws CmdStreamError `encode-failed`, `frame-too-large`. */
  encode(type: number, value: unknown): Uint8Array {
    const writer = this.#writer ?? new ByteWriter();
    this.#writer = undefined;
    writer.position = 0;
    try {
      encodeNow(this.#codec, type, value, writer);
      const size = writer.position;
      // Whatever its sequence number will be.
      if (size + MAX_VARINT_BYTES > this.#maxFrameBytes + MAX_HEADER_BYTES) {
        throw frameTooLarge(size, this.#maxFrameBytes);
      }
      // No window into a Buffer's pool: what waits shall hold no more memory than it has bytes.
      return new Uint8Array(writer.buffer.subarray(0, size));
    } catch (error) {
      throw unencodable(error);
    } finally {
      this.#writer = writer.buffer.length > KEEP_BUFFER_BYTES ? new ByteWriter() : writer;
    }
  }
}
