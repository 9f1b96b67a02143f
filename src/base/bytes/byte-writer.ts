import { RangeCopy } from './range-copy.ts';
import { MAX_VARINT_BYTES, writeVarint } from './varint.ts';

/**
 * A growing buffer that encoders append to. What was appended since a mark can be taken back (`writer.position =
 * mark`), which is how a Command that cannot be encoded leaves no byte behind.
 */
export class ByteWriter {
  /** The memory; only the first `position` bytes mean anything. Replaced when it grows. */
  buffer: Buffer;
  /** Where the next byte goes. */
  position = 0;
  readonly #ranges = new RangeCopy();

  constructor(initialBytes = 1024) {
    this.buffer = Buffer.allocUnsafeSlow(initialBytes);
  }

  /** Makes room for `extraBytes` behind the position. */
  ensure(extraBytes: number): void {
    const needed = this.position + extraBytes;
    if (needed <= this.buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(grown, 0, 0, this.position);
    this.buffer = grown;
  }

  writeByte(byte: number): void {
    this.ensure(1);
    this.buffer[this.position++] = byte;
  }

  /** Appends a whole number from 0 to 2^53 - 1. */
  writeVarint(value: number): void {
    this.ensure(MAX_VARINT_BYTES);
    this.position = writeVarint(this.buffer, this.position, value);
  }

  /** Appends `bytes[start, end)`. */
  writeBytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const length = end - start;
    this.ensure(length);
    if (length === bytes.length) this.buffer.set(bytes, this.position);
    else this.#ranges.copy(bytes, start, length, this.buffer, this.position);
    this.position += length;
  }

  /** Appends `text` as UTF-8 and returns the number of its bytes. */
  writeUtf8(text: string): number {
    this.ensure(text.length * 3);
    const written = this.buffer.write(text, this.position);
    this.position += written;
    return written;
  }
}
