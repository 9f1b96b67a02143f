import { readFloat64, readInt32, readUint32 } from './big-endian.ts';
import { KeyCache } from './key-cache.ts';
import { MAX_PAYLOAD_DEPTH } from './sendable.ts';
import { readText } from './utf8.ts';

const NOTHING = Buffer.alloc(0);
const TIMESTAMP = -1;
/** The times that a Date can hold, in seconds. */
const MAX_DATE_SECONDS = 8.64e12;

/**
 * Reads MessagePack and nothing beyond it: of the extension types only the specification's timestamp. What a length
 * announces is checked against what is there before anything is allocated for it.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MessagePackReader {
  readonly #keys = new KeyCache();
  #buffer: Buffer = NOTHING;
  #position = 0;
  #end = 0;
  /** How many more elements may be announced: each takes a byte of the payload at least. */
  #elements = 0;

  /**
   * Reads the one value in `buffer[start, end)`.
   * @throws Error where that is not exactly one value.
   */
  read(buffer: Buffer, start: number, end: number): unknown {
    this.#buffer = buffer;
    this.#position = start;
    this.#end = end;
    this.#elements = end - start;
    try {
      const value = this.#value(0);
      if (this.#position !== end) throw new Error(`${end - this.#position} bytes follow the MessagePack value`);
      return value;
    } finally {
      this.#buffer = NOTHING;
    }
  }

  #value(depth: number): unknown {
    if (this.#position === this.#end) throw cutOff();
    const code = this.#buffer[this.#position++] as number;
    if (code < 0x80) return code;
    if (code < 0x90) return this.#map(code & 0x0f, depth);
    if (code < 0xa0) return this.#array(code & 0x0f, depth);
    if (code < 0xc0) return this.#text(code & 0x1f);
    if (code >= 0xe0) return code - 0x100;
    switch (code) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#bytes(this.#length(code - 0xc4));
      case 0xc7:
      case 0xc8:
      case 0xc9:
        return this.#extension(this.#length(code - 0xc7));
      case 0xca:
        return this.#buffer.readFloatBE(this.#take(4));
      case 0xcb:
        return readFloat64(this.#buffer, this.#take(8));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#length(code - 0xcc);
      case 0xcf: {
        const at = this.#take(8);
        const value = readUint32(this.#buffer, at) * 0x100000000 + readUint32(this.#buffer, at + 4);
        return Number.isSafeInteger(value) ? value : this.#buffer.readBigUInt64BE(at);
      }
      case 0xd0:
        return this.#buffer.readInt8(this.#take(1));
      case 0xd1:
        return this.#buffer.readInt16BE(this.#take(2));
      case 0xd2:
        return readInt32(this.#buffer, this.#take(4));
      case 0xd3: {
        const at = this.#take(8);
        const value = readInt32(this.#buffer, at) * 0x100000000 + readUint32(this.#buffer, at + 4);
        return Number.isSafeInteger(value) ? value : this.#buffer.readBigInt64BE(at);
      }
      case 0xd4:
      case 0xd5:
      case 0xd6:
      case 0xd7:
      case 0xd8:
        return this.#extension(1 << (code - 0xd4));
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#text(this.#length(code - 0xd9));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#length(code - 0xdb), depth);
      case 0xde:
      case 0xdf:
        return this.#map(this.#length(code - 0xdd), depth);
      default:
        throw new Error('the byte c1 is no MessagePack');
    }
  }

  /** Steps over `bytes` bytes and returns where they start. */
  #take(bytes: number): number {
    const start = this.#position;
    if (bytes > this.#end - start) throw cutOff();
    this.#position = start + bytes;
    return start;
  }

  /** Reads an unsigned number of 1, 2 or 4 bytes: `width` 0, 1 or 2. */
  #length(width: number): number {
    if (width === 0) return this.#buffer[this.#take(1)] as number;
    if (width === 2) return readUint32(this.#buffer, this.#take(4));
    const at = this.#take(2);
    return ((this.#buffer[at] as number) << 8) | (this.#buffer[at + 1] as number);
  }

  #bytes(length: number): Uint8Array {
    const start = this.#take(length);
    // A copy with memory of its own: the buffer is read into again, and a slice of it would show what else is in there.
    return new Uint8Array(this.#buffer.subarray(start, start + length));
  }

  #text(length: number): string {
    const start = this.#take(length);
    return readText(this.#buffer, start, start + length);
  }

  #array(length: number, depth: number): unknown[] {
    this.#open(length, depth);
    const array = new Array<unknown>(length);
    for (let index = 0; index < length; index++) array[index] = this.#value(depth + 1);
    return array;
  }

  #map(length: number, depth: number): Record<string, unknown> {
    this.#open(length * 2, depth);
    const map: Record<string, unknown> = {};
    for (let index = 0; index < length; index++) {
      const key = this.#key();
      const value = this.#value(depth + 1);
      if (key === '__proto__') setOwn(map, key, value);
      else map[key] = value;
    }
    return map;
  }

  #open(elements: number, depth: number): void {
    if (depth === MAX_PAYLOAD_DEPTH) throw new Error(`MessagePack nested deeper than ${MAX_PAYLOAD_DEPTH} levels`);
    this.#elements -= elements;
    if (this.#elements < 0) throw cutOff();
  }

  /** A key is a text, or a whole number, which becomes a text: the fields of an object have no other names. */
  #key(): string {
    const code = this.#buffer[this.#position] as number;
    if (code >= 0xa0 && code < 0xc0) {
      this.#take(1);
      const length = code & 0x1f;
      return this.#keys.read(this.#buffer, this.#take(length), length);
    }
    if (code < 0x80 || code >= 0xe0 || (code >= 0xcc && code <= 0xd3) || (code >= 0xd9 && code <= 0xdb)) {
      return String(this.#value(MAX_PAYLOAD_DEPTH));
    }
    throw new Error('a key of a MessagePack map is neither a text nor a whole number');
  }

  #extension(length: number): Date {
    const start = this.#take(length + 1);
    const buffer = this.#buffer;
    const type = buffer.readInt8(start);
    if (type !== TIMESTAMP) throw new Error(`MessagePack extension type ${type} is not supported`);
    const at = start + 1;
    if (length === 4) return new Date(readUint32(buffer, at) * 1000);
    if (length === 8) {
      const high = readUint32(buffer, at);
      return toDate((high & 3) * 0x100000000 + readUint32(buffer, at + 4), high >>> 2);
    }
    if (length === 12) {
      const seconds = readInt32(buffer, at + 4) * 0x100000000 + readUint32(buffer, at + 8);
      return toDate(seconds, readUint32(buffer, at));
    }
    throw new Error(`a MessagePack timestamp of ${length} bytes`);
  }
}

function cutOff(): Error {
  return new Error('the MessagePack value is cut off: it announces more than the payload holds');
}

/** A Date holds milliseconds; what a timestamp has beyond them is cut. */
function toDate(seconds: number, nanoseconds: number): Date {
  if (nanoseconds > 999_999_999 || Math.abs(seconds) > MAX_DATE_SECONDS) {
    throw new Error('a MessagePack timestamp that no Date can hold');
  }
  return new Date(seconds * 1000 + Math.floor(nanoseconds / 1_000_000));
}

/** Sets a field that plain assignment would take for something else (`__proto__` would set the prototype). */
function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, configurable: true, enumerable: true, writable: true });
}
