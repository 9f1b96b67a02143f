import type { ByteWriter } from '../../../base/bytes/byte-writer.ts';

/** More bytes than this are left to msgpackr, so that little is done in vain. */
const MAX_SHORT_BYTES = 1024;
/** A text of more characters is no short one: beyond that a call out of JavaScript is sooner done than a loop. */
const MAX_TEXT_CHARACTERS = 63;
/** What is nested deeper is no short payload. */
const MAX_DEPTH = 4;
const MAX_ELEMENTS = 15;
const NOT_SHORT = -1;

const isOwn = Object.prototype.hasOwnProperty;

/**
 * Appends a short payload of plain data, to the very bytes that msgpackr makes of it: numbers, booleans, `null`, short
 * texts, and plain objects and arrays of those. It costs a third of what making plain, packing and copying do.
 * @returns whether it did; all else, whatever there is to say of it, is for those.
 */
export function writeShort(value: unknown, writer: ByteWriter): boolean {
  writer.ensure(MAX_SHORT_BYTES);
  const { buffer, position } = writer;
  const end = put(buffer, position, position + MAX_SHORT_BYTES, value, 0);
  if (end === NOT_SHORT) return false;
  writer.position = end;
  return true;
}

/** Puts a value at a place, and returns the place behind it. */
function put(buffer: Buffer, at: number, limit: number, value: unknown, depth: number): number {
  switch (typeof value) {
    case 'number':
      return putNumber(buffer, at, limit, value);
    case 'string':
      return putText(buffer, at, limit, value);
    case 'boolean':
      return putByte(buffer, at, limit, value ? 0xc3 : 0xc2);
    case 'undefined':
      return putByte(buffer, at, limit, 0xc0);
    case 'object':
      if (value === null) return putByte(buffer, at, limit, 0xc0);
      if (depth === MAX_DEPTH) return NOT_SHORT;
      if (Array.isArray(value)) return putList(buffer, at, limit, value, depth + 1);
      return putFields(buffer, at, limit, value as Readonly<Record<string, unknown>>, depth + 1);
    default:
      return NOT_SHORT;
  }
}

function putByte(buffer: Buffer, at: number, limit: number, byte: number): number {
  if (at >= limit) return NOT_SHORT;
  buffer[at] = byte;
  return at + 1;
}

function putNumber(buffer: Buffer, at: number, limit: number, value: number): number {
  if (at + 9 > limit) return NOT_SHORT;
  if (value >>> 0 === value) return putWhole(buffer, at, value);
  if (value >> 0 === value) return putNegative(buffer, at, value);
  // As an integer of 64 bits, or as no number at all.
  if (Number.isSafeInteger(value) || Number.isNaN(value)) return NOT_SHORT;
  buffer[at] = 0xcb;
  return buffer.writeDoubleBE(value, at + 1);
}

function putWhole(buffer: Buffer, at: number, value: number): number {
  if (value < 0x80) {
    buffer[at] = value;
    return at + 1;
  }
  if (value < 0x100) {
    buffer[at] = 0xcc;
    buffer[at + 1] = value;
    return at + 2;
  }
  if (value < 0x10000) {
    buffer[at] = 0xcd;
    buffer[at + 1] = value >> 8;
    buffer[at + 2] = value;
    return at + 3;
  }
  buffer[at] = 0xce;
  putUint32(buffer, at + 1, value);
  return at + 5;
}

function putNegative(buffer: Buffer, at: number, value: number): number {
  if (value >= -0x20) {
    buffer[at] = value;
    return at + 1;
  }
  if (value >= -0x80) {
    buffer[at] = 0xd0;
    buffer[at + 1] = value;
    return at + 2;
  }
  if (value >= -0x8000) {
    buffer[at] = 0xd1;
    buffer[at + 1] = value >> 8;
    buffer[at + 2] = value;
    return at + 3;
  }
  buffer[at] = 0xd2;
  putUint32(buffer, at + 1, value);
  return at + 5;
}

/** Of a byte the lowest eight bits are kept. */
function putUint32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >> 24;
  buffer[at + 1] = value >> 16;
  buffer[at + 2] = value >> 8;
  buffer[at + 3] = value;
}

function putText(buffer: Buffer, at: number, limit: number, text: string): number {
  const { length } = text;
  if (length > MAX_TEXT_CHARACTERS || at + 2 + length * 3 > limit) return NOT_SHORT;
  let next = at + (length < 0x20 ? 1 : 2);
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code >= 0x80) return putUnicode(buffer, at, text);
    buffer[next++] = code;
  }
  putTextHeader(buffer, at, length);
  return next;
}

/** A text that is not of ASCII alone. */
function putUnicode(buffer: Buffer, at: number, text: string): number {
  if (!text.isWellFormed()) return NOT_SHORT;
  const length = buffer.write(text, at + 2);
  const start = at + (length < 0x20 ? 1 : 2);
  if (start < at + 2) buffer.copyWithin(start, at + 2, at + 2 + length);
  putTextHeader(buffer, at, length);
  return start + length;
}

function putTextHeader(buffer: Buffer, at: number, length: number): void {
  if (length < 0x20) {
    buffer[at] = 0xa0 | length;
  } else {
    buffer[at] = 0xd9;
    buffer[at + 1] = length;
  }
}

function putList(buffer: Buffer, at: number, limit: number, list: readonly unknown[], depth: number): number {
  const { length } = list;
  if (length > MAX_ELEMENTS) return NOT_SHORT;
  let next = putByte(buffer, at, limit, 0x90 | length);
  for (let index = 0; index < length && next !== NOT_SHORT; index++) {
    next = put(buffer, next, limit, list[index], depth);
  }
  return next;
}

function putFields(
  buffer: Buffer,
  at: number,
  limit: number,
  object: Readonly<Record<string, unknown>>,
  depth: number,
): number {
  if (Object.getPrototypeOf(object) !== Object.prototype || 'toJSON' in object) return NOT_SHORT;
  let next = at + 1;
  let count = 0;
  for (const key in object) {
    if (!isOwn.call(object, key)) continue;
    const value = object[key];
    if (value === undefined) continue;
    if (++count > MAX_ELEMENTS || key === '__proto__') return NOT_SHORT;
    next = putText(buffer, next, limit, key);
    if (next !== NOT_SHORT) next = put(buffer, next, limit, value, depth);
    if (next === NOT_SHORT) return NOT_SHORT;
  }
  if (next > limit) return NOT_SHORT;
  buffer[at] = 0x80 | count;
  return next;
}
