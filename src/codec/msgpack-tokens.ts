import type { ByteWriter } from '../bytes/byte-writer.ts';
import { writeFloat64, writeUint32 } from './big-endian.ts';
import { Unsendable } from './sendable.ts';

/** How many bytes the header of a text of `length` bytes takes. */
export function textHeaderBytes(length: number): number {
  if (length < 32) return 1;
  if (length < 0x100) return 2;
  return length < 0x10000 ? 3 : 5;
}

/**
 * Writes a type and a length: in one byte (`short`) below `shortLengths`, in two (`code8`) where the type has that form,
 * in three (`code16`), or in five (the code behind that).
 */
export function writeHeader(
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
export function correctCount(buffer: Buffer, start: number, count: number): void {
  if (buffer[start] === 0xde) buffer.writeUInt16BE(count, start + 1);
  else if (buffer[start] === 0xdf) writeUint32(buffer, start + 1, count);
  else buffer[start] = 0x80 | count;
}

/** Most texts and all usual keys; a call into Node costs more than this loop. Writes nothing where it returns false. */
export function writeShortAscii(text: string, writer: ByteWriter): boolean {
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

/** Writes a whole number as an int of the shortest form, any other as a double. */
export function writeNumber(value: number, writer: ByteWriter): void {
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

/** Writes a whole number of up to 64 bits. */
export function writeBigInt(value: bigint, writer: ByteWriter): void {
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
export function writeTimestamp(timeMs: number, writer: ByteWriter): void {
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
