import type { ByteReader } from '../../../base/bytes/byte-reader.ts';
import { CmdStreamError } from '../../../base/errors/cmd-stream-error.ts';
import { maxWeightBytes, tooHeavy } from '../refused-payload.ts';
import { MAX_PAYLOAD_DEPTH } from '../sendable.ts';
import { readText } from '../utf8.ts';
import { protocolError } from './errors.ts';

/**
 * Symbol thrown where the bytes end before the value does; a constant, since nobody looks at where it was thrown. The same
 * in every copy of the library: serializers may come from another.
 */
export const NEED_MORE_BYTES = Symbol.for('cmd-stream.mus: the payload has not arrived whole');

// What values take in memory, about, in bytes, beside their contents: measured on Node 20.
const TEXT_BYTES = 16;
const BYTES_BYTES = 160;

/** In the place of what nobody will see. */
const NO_BYTES = new Uint8Array(0);

/** Where reading stopped for want of bytes, and what was read by then. */
export interface SuspendedRead {
  /** The bytes from the start of the payload that are read for good. */
  readonly offset: number;
  /** The values that were being read, the innermost first. */
  readonly frames: unknown[] | undefined;
  readonly problem: string | undefined;
  readonly weight: number;
}

/**
 * Reads a MUS payload, which says nowhere how long it is. Where the bytes end too early, each list, map, struct and
 * pointer on the way out leaves what it has in a frame, so that reading goes on there when more have come: reading all of
 * a large payload once more for each piece of it that arrives would take time in the square of its length.
 */
export class MusReader {
  readonly buffer: Buffer;
  /** The next byte to read. */
  position: number;
  /** How many bytes are needed behind `position`, after {@link NEED_MORE_BYTES}. */
  missing = 0;
  /** Why the payload is not acceptable, if it is not. Reading goes on: the next message starts behind this one. */
  problem: string | undefined;
  /** About how many bytes of memory that takes which is read so far. */
  weight: number;

  readonly #start: number;
  readonly #maxBytes: number;
  readonly #maxWeightBytes: number;
  #depth = 0;
  /** The end of what a payload may have. */
  readonly #limit: number;
  /** The end of what may be read: of what has arrived, at the most up to the limit. */
  readonly #end: number;
  #frames: unknown[] | undefined;

  /** @internal Reads the payload that starts at the position of `reader`; goes on where `suspended` says. */
  constructor(reader: ByteReader, maxBytes: number, suspended?: SuspendedRead) {
    this.buffer = reader.buffer;
    this.#start = reader.position;
    this.#maxBytes = maxBytes;
    this.#maxWeightBytes = maxWeightBytes(maxBytes);
    this.#limit = reader.position + maxBytes;
    this.#end = Math.min(reader.end, this.#limit);
    this.position = reader.position + (suspended?.offset ?? 0);
    this.problem = suspended?.problem;
    this.weight = suspended?.weight ?? 0;
    this.#frames = suspended?.frames;
  }

  /** @internal What there is to go on from, after {@link NEED_MORE_BYTES}. */
  suspended(): SuspendedRead {
    return { offset: this.position - this.#start, frames: this.#frames, problem: this.problem, weight: this.weight };
  }

  /** Called by what holds parts, in the order from the inside to the outside, when a part threw. */
  suspend(thrown: unknown, frame: unknown): void {
    if (thrown !== NEED_MORE_BYTES) return;
    this.#frames ??= [];
    this.#frames.push(frame);
  }

  /** Called by what holds parts before it reads: the frame to go on from, or nothing. */
  resume<Frame>(): Frame | undefined {
    return this.#frames?.pop() as Frame | undefined;
  }

  /**
   * Called by what holds parts before it reads them, with what it takes in memory without them. `leave` is called behind
   * them, unless something is thrown.
   * @throws CmdStreamError `protocol-error` where so many hold each other that no sender of ours has sent it.
   */
  enter(weightBytes: number): void {
    if (++this.#depth > MAX_PAYLOAD_DEPTH) throw protocolError(`nested deeper than ${MAX_PAYLOAD_DEPTH} levels`);
    this.add(weightBytes);
  }

  leave(): void {
    this.#depth--;
  }

  /** Counts memory. A payload that takes too much is not acceptable, and nothing of it is kept from then on. */
  add(weightBytes: number): void {
    this.weight += weightBytes;
    if (this.weight > this.#maxWeightBytes)
      this.problem ??= tooHeavy(this.weight, this.#maxWeightBytes, 'more than').message;
  }

  /** Notes that the payload is not acceptable. */
  refuse(problem: string): void {
    this.problem ??= problem;
  }

  /** Steps over `bytes` bytes and returns where they start. */
  take(bytes: number): number {
    const start = this.position;
    if (bytes > this.#end - start) throw this.#endsBefore(bytes);
    this.position = start + bytes;
    return start;
  }

  readByte(): number {
    if (this.position >= this.#end) throw this.#endsBefore(1);
    return this.buffer[this.position++] as number;
  }

  /**
   * Reads a varint of up to `bits` bits: a `number` up to 49 bits, a `bigint` beyond.
   * @throws CmdStreamError `protocol-error` for more bits.
   */
  readVarint(bits: 8 | 16 | 32 | 64): number | bigint {
    const { buffer } = this;
    const end = this.#end;
    let position = this.position;
    if (position >= end) throw this.#endsBefore(1);
    let byte = buffer[position++] as number;
    if (byte < 0x80) {
      this.position = position;
      return byte;
    }
    const lastByte = Math.ceil(bits / 7);
    let value = byte & 0x7f;
    let scale = 0x80;
    for (let count = 2; ; count++) {
      if (position >= end) throw this.#endsBefore(position - this.position + 1);
      byte = buffer[position++] as number;
      if (count === lastByte && byte >= 2 ** (bits - 7 * (count - 1))) {
        throw new CmdStreamError('protocol-error', `malformed varint: it has more than ${bits} bits`);
      }
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
    }
    const start = this.position;
    this.position = position;
    return position - start <= 7 ? value : this.#longVarint(start, position);
  }

  /** The varint in `buffer[start, end)`, which is known to be one. */
  #longVarint(start: number, end: number): number | bigint {
    const groups = [0, 0, 0];
    for (let index = 0; index < end - start; index++) {
      const group = (this.buffer[start + index] as number) & 0x7f;
      groups[Math.floor(index / 4)]! += group * 0x80 ** (index % 4);
    }
    const [low, middle, high] = groups.map(BigInt) as [bigint, bigint, bigint];
    return (high << 56n) | (middle << 28n) | low;
  }

  /**
   * Reads the number of elements of at least `minBytes` bytes each.
   * @throws CmdStreamError `frame-too-large` where so many cannot fit, before anything is allocated for them.
   */
  readLength(what: string, minBytes: number): number {
    const start = this.position;
    const length = this.readVarint(64);
    if (length > (this.#limit - this.position) / minBytes) {
      this.position = start;
      throw this.#tooLarge(`${what} of length ${length}`);
    }
    return Number(length);
  }

  /** Reads a text and its length in front; more than `maxLength` bytes are refused. */
  readText(maxLength: number): string {
    const [start, end] = this.#readBlock('a text', maxLength);
    if (end - start > 1) this.add(TEXT_BYTES + end - start);
    if (start === end || this.problem !== undefined) return '';
    try {
      return readText(this.buffer, start, end);
    } catch {
      this.refuse('a text is not valid UTF-8');
      return '';
    }
  }

  /** Reads bytes and their length in front; more than `maxLength` are refused. */
  readByteSlice(maxLength: number): Uint8Array {
    const [start, end] = this.#readBlock('a byte slice', maxLength);
    this.add(BYTES_BYTES + end - start);
    if (this.problem !== undefined) return NO_BYTES;
    // A copy with memory of its own: the buffer is read into again, and a slice of it would show what else is in there.
    return new Uint8Array(this.buffer.subarray(start, end));
  }

  /** Steps over a length and as many bytes; nothing is left of what is longer than `maxLength`. */
  #readBlock(what: string, maxLength: number): [start: number, end: number] {
    const start = this.position;
    const length = this.readLength(what, 1);
    const headerBytes = this.position - start;
    // Until all has come the length is read again: the two are one leaf, and its whole size is known.
    this.position = start;
    const end = this.take(headerBytes + length) + headerBytes + length;
    if (length <= maxLength) return [end - length, end];
    this.refuse(`${what} of ${length} bytes is over the limit of ${maxLength}`);
    return [end, end];
  }

  #endsBefore(bytes: number): typeof NEED_MORE_BYTES | CmdStreamError {
    if (this.position + bytes > this.#limit) return this.#tooLarge('a payload');
    this.missing = bytes;
    return NEED_MORE_BYTES;
  }

  #tooLarge(what: string): CmdStreamError {
    return new CmdStreamError(
      'frame-too-large',
      `${what} does not fit into the limit of ${this.#maxBytes} bytes for a payload (option 'maxFrameBytes')`,
    );
  }
}
