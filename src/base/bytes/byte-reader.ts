import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { MAX_VARINT_BYTES } from './varint.ts';

/** The value of {@link ByteReader.readVarint} where the bytes end before the number does. */
export const NEED_MORE = -1;

const EMPTY = Buffer.alloc(0);

/** A window of received bytes that decoders read from the front. */
export class ByteReader {
  /** The memory that holds the window; decoders never keep references into it. */
  buffer: Buffer = EMPTY;
  /** The next byte to read. */
  position = 0;
  /** The end of what has arrived. */
  end = 0;
  /**
   * A decoder that runs out of bytes may say here how many bytes it needs behind the position at which it stands, so
   * that it is asked again only once they are there. 0 says that it does not know.
   */
  missing = 0;
  /**
   * A decoder that finds a payload over its limit says here how long it is, and leaves the position before it: that many
   * bytes are skipped. 0 says that none is.
   */
  oversized = 0;
  /** A longer payload, though whole, is left for later where a decoder knows the length before it has read it. */
  atOnceBytes = Number.POSITIVE_INFINITY;
  /** A decoder says here that it has left a message for later; its position is then behind that. */
  postponed = false;

  /** Bytes that have arrived and are not read. */
  get available(): number {
    return this.end - this.position;
  }

  /**
   * Reads a varint, or returns {@link NEED_MORE}.
   * @throws CmdStreamError `protocol-error` for more than 64 bits or a number above 2^53 - 1.
   */
  readVarint(): number {
    const { buffer, end } = this;
    let position = this.position;
    if (position >= end) return NEED_MORE;
    let byte = buffer[position++] as number;
    if (byte < 0x80) {
      this.position = position;
      return byte;
    }
    let value = byte & 0x7f;
    let scale = 0x80;
    for (let count = 2; ; count++) {
      if (position >= end) return NEED_MORE;
      byte = buffer[position++] as number;
      if (count === MAX_VARINT_BYTES && byte > 1) {
        throw new CmdStreamError('protocol-error', 'malformed varint: it has more than 64 bits');
      }
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
    }
    if (value > Number.MAX_SAFE_INTEGER) {
      throw new CmdStreamError('protocol-error', 'varint above 2^53 - 1: JavaScript cannot hold it exactly');
    }
    this.position = position;
    return value;
  }
}
