/// <reference lib="es2024.string" />
import type { ByteWriter } from '../../../base/bytes/byte-writer.ts';
import { MAX_PAYLOAD_DEPTH, tooDeep, tooLong, Unsendable } from '../sendable.ts';

/** Up to this length a text has a length of one byte, and is written faster character by character. */
const SHORT_TEXT = 48;

/** Where a MUS payload is written to. Keeps it within its limit while it grows. */
export class MusWriter {
  /** The bytes. */
  readonly bytes: ByteWriter;
  readonly #maxBytes: number;
  #depth = 0;
  /** The end of what a payload may have. */
  readonly #limit: number;

  /** Writes a payload of at most `maxBytes` at the position of `bytes`. */
  constructor(bytes: ByteWriter, maxBytes: number) {
    this.bytes = bytes;
    this.#maxBytes = maxBytes;
    this.#limit = bytes.position + maxBytes;
  }

  /**
   * Called by what holds parts before it writes them. `leave` is called behind them, unless something is thrown.
   * @throws Unsendable where they hold each other too deeply.
   */
  enter(): void {
    if (++this.#depth > MAX_PAYLOAD_DEPTH) throw tooDeep();
  }

  leave(): void {
    this.#depth--;
  }

  /**
   * Refuses what is too long already, or would be with `extraBytes` more.
   * @throws Unsendable
   */
  checkRoom(extraBytes = 0): void {
    if (this.bytes.position + extraBytes > this.#limit) throw tooLong(this.#maxBytes);
  }

  /** Appends a varint of up to 64 bits. `value` is not negative. */
  writeVarint(value: number | bigint): void {
    if (typeof value === 'bigint') {
      while (value > BigInt(Number.MAX_SAFE_INTEGER)) {
        this.bytes.writeByte(Number(value & 0x7fn) | 0x80);
        value >>= 7n;
      }
    }
    this.bytes.writeVarint(Number(value));
  }

  /** Appends the length of `text` in bytes, and the text as UTF-8. */
  writeText(text: string): void {
    if (text.length <= SHORT_TEXT && this.#writeShortAscii(text)) return;
    // A text has at least as many bytes as characters: one that is too long needs no look at all of them.
    this.checkRoom(text.length);
    const length = Buffer.byteLength(text);
    if (length !== text.length && !text.isWellFormed()) {
      throw new Unsendable('has half of a surrogate pair, which UTF-8 cannot express (see String.toWellFormed)');
    }
    this.bytes.writeVarint(length);
    this.bytes.writeUtf8(text);
  }

  /** Appends the length of `bytes`, and the bytes. */
  writeByteSlice(bytes: Uint8Array): void {
    this.checkRoom(bytes.length);
    this.bytes.writeVarint(bytes.length);
    this.bytes.writeBytes(bytes);
  }

  /** A call into Node costs more than these few steps. Returns whether the text was ASCII; if not, nothing is written. */
  #writeShortAscii(text: string): boolean {
    const { bytes } = this;
    const { length } = text;
    bytes.ensure(length + 1);
    const { buffer, position } = bytes;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return false;
      buffer[position + 1 + index] = code;
    }
    buffer[position] = length;
    bytes.position = position + 1 + length;
    return true;
  }
}
