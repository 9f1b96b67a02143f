import type { ByteWriter } from '../bytes/byte-writer.ts';
import { writeFloat64, writeUint32 } from './big-endian.ts';
import { formOf, MAX_PAYLOAD_DEPTH, noData, timeOf, tooDeep, tooLong, Unsendable } from './sendable.ts';

/**
 * Writes values as MessagePack, each in its shortest form.
 * Source: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export class MessagePackWriter {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Appends `value` to `writer`.
   * @throws CmdStreamError `encode-failed` for what MessagePack cannot carry, `frame-too-large` for what is longer than
   * `maxBytes`; also whatever a getter or a `toJSON` of the value throws.
   */
  write(value: unknown, writer: ByteWriter): void {
    try {
      this.#value(value, writer, writer.position + this.#maxBytes, 0);
    } catch (thrown) {
      throw Unsendable.toError(thrown);
    }
  }

  #value(value: unknown, writer: ByteWriter, limit: number, depth: number): void {
    switch (typeof value) {
      case 'string':
        this.#text(value, writer, limit);
        break;
      case 'number':
        writeNumber(value, writer);
        break;
      case 'boolean':
        writer.writeByte(value ? 0xc3 : 0xc2);
        break;
      case 'undefined':
        writer.writeByte(0xc0);
        break;
      case 'bigint':
        writeBigInt(value, writer);
        break;
      case 'object':
        if (value === null) writer.writeByte(0xc0);
        else this.#object(value, writer, limit, depth);
        break;
      default:
        throw noData(typeof value);
    }
  }

  #object(value: object, writer: ByteWriter, limit: number, depth: number): void {
    if (depth === MAX_PAYLOAD_DEPTH) throw tooDeep();
    if (writer.position > limit) throw tooLong(this.#maxBytes);
    switch (formOf(value)) {
      case 'list':
        this.#list(value as unknown[], writer, limit, depth + 1);
        break;
      case 'fields':
        this.#fields(value as Record<string, unknown>, writer, limit, depth + 1);
        break;
      case 'bytes':
        this.#bytes(value as Uint8Array, writer, limit);
        break;
      case 'date':
        writeTimestamp(timeOf(value as Date), writer);
        break;
      case 'toJSON':
        this.#value((value as { toJSON(): unknown }).toJSON(), writer, limit, depth + 1);
        break;
    }
  }

  #list(list: readonly unknown[], writer: ByteWriter, limit: number, depth: number): void {
    const { length } = list;
    if (writer.position + length > limit) throw tooLong(this.#maxBytes);
    writeHeader(writer, length, 0x90, 16, 0, 0xdc);
    let index = 0;
    try {
      for (; index < length; index++) this.#value(list[index], writer, limit, depth);
    } catch (thrown) {
      throw Unsendable.within(thrown, index);
    }
  }

  #fields(object: Readonly<Record<string, unknown>>, writer: ByteWriter, limit: number, depth: number): void {
    const keys = Object.keys(object);
    const start = writer.position;
    writeHeader(writer, keys.length, 0x80, 16, 0, 0xde);
    let count = 0;
    let key = '';
    try {
      for (key of keys) {
        const value = object[key];
        // A field that is undefined is one that is not there, as in JSON: nil would arrive as null.
        if (value === undefined) continue;
        this.#text(key, writer, limit);
        this.#value(value, writer, limit, depth);
        count++;
      }
    } catch (thrown) {
      throw Unsendable.within(thrown, key);
    }
    if (count !== keys.length) correctCount(writer.buffer, start, count);
  }

  #text(text: string, writer: ByteWriter, limit: number): void {
    const { length } = text;
    if (length < 48 && writeShortAscii(text, writer)) return;
    if (writer.position + length > limit) throw tooLong(this.#maxBytes);
    const start = writer.position;
    const guess = headerBytes(length, 32);
    writer.ensure(5);
    writer.position = start + guess;
    const bytes = writer.writeUtf8(text);
    if (bytes !== length && /\p{Surrogate}/u.test(text)) {
      throw new Unsendable('has half of a surrogate pair, which UTF-8 cannot express (see String.toWellFormed)');
    }
    const size = headerBytes(bytes, 32);
    if (size !== guess) {
      writer.ensure(size - guess);
      writer.buffer.copyWithin(start + size, start + guess, start + guess + bytes);
    }
    writer.position = start;
    writeHeader(writer, bytes, 0xa0, 32, 0xd9, 0xda);
    writer.position = start + size + bytes;
  }

  #bytes(bytes: Uint8Array, writer: ByteWriter, limit: number): void {
    if (writer.position + bytes.length > limit) throw tooLong(this.#maxBytes);
    writeHeader(writer, bytes.length, 0, 0, 0xc4, 0xc5);
    writer.writeBytes(bytes);
  }
}

/** How many bytes a text's header takes. */
function headerBytes(length: number, shortLengths: number): number {
  if (length < shortLengths) return 1;
  if (length < 0x100) return 2;
  return length < 0x10000 ? 3 : 5;
}

/**
 * Writes a type and a length: in one byte (`short`) below `shortLengths`, in two (`code8`) where the type has that form,
 * in three (`code16`), or in five (the code behind that).
 */
function writeHeader(
  writer: ByteWriter,
  length: number,
  short: number,
  shortLengths: number,
  code8: number,
  code16: number,
): void {
  writer.ensure(5);
  const { buffer } = writer;
  let position = writer.position;
  if (length < shortLengths) {
    buffer[position++] = short | length;
  } else if (code8 !== 0 && length < 0x100) {
    buffer[position++] = code8;
    buffer[position++] = length;
  } else if (length < 0x10000) {
    buffer[position++] = code16;
    buffer[position++] = length >>> 8;
    buffer[position++] = length;
  } else {
    buffer[position++] = code16 + 1;
    position = writeUint32(buffer, position, length);
  }
  writer.position = position;
}

/** Puts another count into the header of a map, which keeps its size. */
function correctCount(buffer: Buffer, start: number, count: number): void {
  if (buffer[start] === 0xde) buffer.writeUInt16BE(count, start + 1);
  else if (buffer[start] === 0xdf) writeUint32(buffer, start + 1, count);
  else buffer[start] = 0x80 | count;
}

/** Most texts and all usual keys; a call into Node costs more than this loop. Writes nothing where it returns false. */
function writeShortAscii(text: string, writer: ByteWriter): boolean {
  const { length } = text;
  writer.ensure(length + 2);
  const { buffer } = writer;
  let position = writer.position;
  if (length < 32) {
    buffer[position++] = 0xa0 | length;
  } else {
    buffer[position++] = 0xd9;
    buffer[position++] = length;
  }
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return false;
    buffer[position++] = code;
  }
  writer.position = position;
  return true;
}

function writeNumber(value: number, writer: ByteWriter): void {
  writer.ensure(9);
  const { buffer } = writer;
  let position = writer.position;
  if (value >>> 0 === value && (value !== 0 || 1 / value > 0)) {
    if (value < 0x80) {
      buffer[position++] = value;
    } else if (value < 0x100) {
      buffer[position++] = 0xcc;
      buffer[position++] = value;
    } else if (value < 0x10000) {
      buffer[position++] = 0xcd;
      buffer[position++] = value >>> 8;
      buffer[position++] = value;
    } else {
      buffer[position++] = 0xce;
      position = writeUint32(buffer, position, value);
    }
  } else if (value < 0 && value >> 0 === value) {
    if (value >= -0x20) {
      buffer[position++] = value;
    } else if (value >= -0x80) {
      buffer[position++] = 0xd0;
      buffer[position++] = value;
    } else if (value >= -0x8000) {
      buffer[position++] = 0xd1;
      buffer[position++] = value >> 8;
      buffer[position++] = value;
    } else {
      buffer[position++] = 0xd2;
      position = writeUint32(buffer, position, value);
    }
  } else if (value !== 0 && Number.isSafeInteger(value)) {
    buffer[position++] = value > 0 ? 0xcf : 0xd3;
    position = writeInt64(buffer, position, value);
  } else {
    buffer[position++] = 0xcb;
    position = writeFloat64(buffer, position, value);
  }
  writer.position = position;
}

/** Writes a safe whole number in eight bytes, two's complement. */
function writeInt64(buffer: Buffer, position: number, value: number): number {
  writeUint32(buffer, position, Math.floor(value / 0x100000000));
  return writeUint32(buffer, position + 4, value);
}

function writeBigInt(value: bigint, writer: ByteWriter): void {
  const number = Number(value);
  if (Number.isSafeInteger(number)) {
    writeNumber(number, writer);
    return;
  }
  writer.ensure(9);
  const { buffer, position } = writer;
  if (value > 0n && value <= 0xffff_ffff_ffff_ffffn) {
    buffer[position] = 0xcf;
    writer.position = buffer.writeBigUInt64BE(value, position + 1);
  } else if (value < 0n && value >= -0x8000_0000_0000_0000n) {
    buffer[position] = 0xd3;
    writer.position = buffer.writeBigInt64BE(value, position + 1);
  } else {
    throw new Unsendable('is a whole number of more than 64 bits, which MessagePack cannot express');
  }
}

/** The timestamp extension: type -1, with seconds and nanoseconds in 4, 8 or 12 bytes. */
function writeTimestamp(timeMs: number, writer: ByteWriter): void {
  const seconds = Math.floor(timeMs / 1000);
  const nanoseconds = (timeMs - seconds * 1000) * 1_000_000;
  writer.ensure(15);
  const { buffer } = writer;
  let position = writer.position;
  if (seconds < 0 || seconds >= 0x400000000) {
    buffer[position++] = 0xc7;
    buffer[position++] = 12;
    buffer[position++] = 0xff;
    position = writeUint32(buffer, position, nanoseconds);
    position = writeInt64(buffer, position, seconds);
  } else if (nanoseconds === 0 && seconds < 0x100000000) {
    buffer[position++] = 0xd6;
    buffer[position++] = 0xff;
    position = writeUint32(buffer, position, seconds);
  } else {
    buffer[position++] = 0xd7;
    buffer[position++] = 0xff;
    // 30 bits of nanoseconds, then 34 bits of seconds.
    position = writeUint32(buffer, position, nanoseconds * 4 + Math.floor(seconds / 0x100000000));
    position = writeUint32(buffer, position, seconds);
  }
  writer.position = position;
}
