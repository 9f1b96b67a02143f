import { isAscii, nameAt } from '../../../base/bytes/names.ts';
import { shortText } from '../../../base/bytes/short-text.ts';
import { MIN_TOLD_BYTES } from '../refused-payload.ts';

/** What {@link readShort} returns in place of a value. */
export const NOT_SHORT = Symbol('not short');

/** Payloads of more bytes are not looked at. */
const MAX_SHORT_BYTES = 256;
const REPLACEMENT = '\ufffd';
/** What is nested deeper is no short payload. */
const MAX_DEPTH = 4;

// At least what values take in memory: see msgpack-scan.ts.
const VALUE_BYTES = 24;
const CONTAINER_BYTES = 64;

/** The place, and about what has been read takes in memory. Of all: a payload is read in one go. */
let at = 0;
let weight = 0;

/**
 * Reads a short payload of plain data in `buffer[start, end)` in one pass: what {@link writeShort} writes, and takes so little
 * memory that nobody has to be told of it. It costs half of what scanning, copying and unpacking do.
 * @returns {@link NOT_SHORT} for all else, whatever is wrong with it.
 */
export function readShort(buffer: Buffer, start: number, end: number): unknown {
  if (end - start > MAX_SHORT_BYTES) return NOT_SHORT;
  at = start;
  weight = 0;
  const value = take(buffer, end, 0);
  return at === end && weight < MIN_TOLD_BYTES ? value : NOT_SHORT;
}

function take(buffer: Buffer, end: number, depth: number): unknown {
  if (at >= end) return NOT_SHORT;
  const token = buffer[at++] as number;
  weight += VALUE_BYTES;
  if (token < 0x80) return token;
  if (token >= 0xe0) return token - 0x100;
  if (token < 0x90) return depth === MAX_DEPTH ? NOT_SHORT : takeFields(buffer, end, token & 0x0f, depth + 1);
  if (token < 0xa0) return depth === MAX_DEPTH ? NOT_SHORT : takeList(buffer, end, token & 0x0f, depth + 1);
  if (token < 0xc0) return takeText(buffer, end, token & 0x1f);
  switch (token) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xd9:
      return at < end ? takeText(buffer, end, buffer[at++] as number) : NOT_SHORT;
    default:
      return takeNumber(buffer, end, token);
  }
}

function takeNumber(buffer: Buffer, end: number, token: number): unknown {
  const from = at;
  const left = end - from;
  switch (token) {
    case 0xcc:
      at += 1;
      return left < 1 ? NOT_SHORT : buffer[from];
    case 0xcd:
      at += 2;
      return left < 2 ? NOT_SHORT : buffer.readUInt16BE(from);
    case 0xce:
      at += 4;
      return left < 4 ? NOT_SHORT : buffer.readUInt32BE(from);
    case 0xd0:
      at += 1;
      return left < 1 ? NOT_SHORT : buffer.readInt8(from);
    case 0xd1:
      at += 2;
      return left < 2 ? NOT_SHORT : buffer.readInt16BE(from);
    case 0xd2:
      at += 4;
      return left < 4 ? NOT_SHORT : buffer.readInt32BE(from);
    case 0xcb:
      at += 8;
      return left < 8 ? NOT_SHORT : buffer.readDoubleBE(from);
    default:
      return NOT_SHORT;
  }
}

function takeText(buffer: Buffer, end: number, length: number): string | typeof NOT_SHORT {
  const from = at;
  if (length > end - from) return NOT_SHORT;
  weight += length;
  at += length;
  if (isAscii(buffer, from, at)) return shortText(buffer, from, length);
  const text = buffer.toString('utf8', from, at);
  // It stands for what is no UTF-8.
  return text.includes(REPLACEMENT) ? NOT_SHORT : text;
}

function takeList(buffer: Buffer, end: number, length: number, depth: number): unknown {
  weight += CONTAINER_BYTES;
  const list: unknown[] = [];
  for (let index = 0; index < length; index++) {
    const value = take(buffer, end, depth);
    if (value === NOT_SHORT) return NOT_SHORT;
    list.push(value);
  }
  return list;
}

function takeFields(buffer: Buffer, end: number, count: number, depth: number): unknown {
  weight += CONTAINER_BYTES;
  const object: Record<string, unknown> = {};
  for (let index = 0; index < count; index++) {
    const key = takeKey(buffer, end);
    if (key === undefined) return NOT_SHORT;
    const value = take(buffer, end, depth);
    if (value === NOT_SHORT) return NOT_SHORT;
    object[key] = value;
  }
  return object;
}

/** The next key; nothing where it is not a short one. */
function takeKey(buffer: Buffer, end: number): string | undefined {
  if (at >= end) return undefined;
  const length = (buffer[at] as number) - 0xa0;
  const from = at + 1;
  if (length < 1 || length > 0x1f || from + length > end) return undefined;
  at = from + length;
  weight += VALUE_BYTES + length;
  const key = nameAt(buffer, from, length);
  return key === '__proto__' ? undefined : key;
}
