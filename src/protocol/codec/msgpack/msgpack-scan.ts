import { nestedTooDeep, protoField } from '../refused-payload.ts';
import { MAX_PAYLOAD_DEPTH } from '../sendable.ts';

/** MessagePack's own extension type, as it stands on the wire: -1. */
const TIMESTAMP = 0xff;

/**
 * The extension types that msgpackr reads without being asked to: undefined, large bigint, bundled texts, Error, id,
 * pointer, record, Set, typed array, RegExp.
 */
const MSGPACKR_TYPES: ReadonlySet<number> = new Set([0, 0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78]);

/** The tokens of maps without their lengths. */
const FIX_MAP = 0x8;
const LONG_MAP = 0xde >> 1;

/** How many elements are still to come in each array and map around the current one. Fixed, since depth is limited. */
const outer = new Float64Array(MAX_PAYLOAD_DEPTH);
/** Which of them are maps. */
const outerIsMap = new Uint8Array(MAX_PAYLOAD_DEPTH);

// What values take in memory, about, in bytes: measured on Node 20. What is not listed takes its element in an array.
const ELEMENT_BYTES = 8;
const ARRAY_BYTES = 48;
const MAP_BYTES = 56;
const TEXT_BYTES = 16;
const BIN_BYTES = 192;
const TIME_BYTES = 96;

/** The tokens of all values but arrays, maps and the smallest numbers lie from here on, and before that. */
const FIRST_VALUE = 0xa0;
const FIRST_LONG_ARRAY = 0xdc;
/** Memory of such a value beside its place and as many bytes as follow its token; looked up, since there are so many. */
const OVERHEAD = Uint8Array.from({ length: FIRST_LONG_ARRAY - FIRST_VALUE }, (_, index) =>
  overheadOf(FIRST_VALUE + index),
);

/**
 * Checks that `buffer[start, end)` is exactly one plain MessagePack value, before msgpackr gets to see it: msgpackr makes
 * arrays as long as announced and calls as deep as nested, and its extensions can be made to take a time that grows with
 * the square of the payload's length. Allocates nothing; of texts it looks only for keys that are `__proto__`.
 * @returns about how much memory the value will take.
 * @throws Error for all else, RefusedPayload for what is nested deeper than {@link MAX_PAYLOAD_DEPTH} and for that key.
 */
export function scanMessagePack(buffer: Buffer, start: number, end: number): number {
  let position = start;
  let depth = 0;
  let weight = ELEMENT_BYTES;
  let isMap = 0;
  /** How many values are still to come in the current array or map. */
  let left = 1;
  for (;;) {
    while (left === 0) {
      if (depth === 0) {
        if (position !== end) throw new Error(`${end - position} bytes follow the MessagePack value`);
        return weight;
      }
      left = outer[--depth] as number;
      isMap = outerIsMap[depth] as number;
    }
    left--;
    if (position >= end) throw cutOff();
    const token = buffer[position++] as number;
    if (token < 0x80 || token >= 0xe0) continue;
    if (token >= FIRST_VALUE && token < FIRST_LONG_ARRAY) {
      const from = position;
      position = token < 0xc0 ? position + token - 0xa0 : skip(buffer, position, end, token);
      if (position > end) throw cutOff();
      weight += (OVERHEAD[token - FIRST_VALUE] as number) + position - from;
      // Of a map's pairs an odd number of values is left once a key has been taken.
      if (mayBeProto(token) && isMap === 1 && (left & 1) === 1 && isProto(buffer, token, from, position)) {
        throw protoField();
      }
      continue;
    }
    const kind = token < 0xa0 ? token >> 4 : token >> 1;
    let elements = token & 0x0f;
    if (token >= 0xdc) {
      const size = token & 1 ? 4 : 2;
      elements = readLength(buffer, position, end, size);
      position += size;
    }
    if (depth === MAX_PAYLOAD_DEPTH) throw nestedTooDeep();
    outer[depth] = left;
    outerIsMap[depth++] = isMap;
    isMap = kind === FIX_MAP || kind === LONG_MAP ? 1 : 0;
    left = isMap === 1 ? elements * 2 : elements;
    if (left > end - position) throw cutOff();
    weight += isMap === 1 ? MAP_BYTES : ARRAY_BYTES + ELEMENT_BYTES * elements;
  }
}

function overheadOf(token: number): number {
  // Texts of no character, and of one, exist once.
  if (token < 0xc0) return token < 0xa2 ? 0 : TEXT_BYTES;
  if (token < 0xc4) return 0;
  if (token < 0xc7) return BIN_BYTES;
  if (token < 0xca) return TIME_BYTES;
  // Numbers of four bytes and of eight may be objects; those of one and two are not.
  if (token < 0xd4) return (token & 2) === 0 ? 0 : TEXT_BYTES;
  return token < 0xd9 ? TIME_BYTES : TEXT_BYTES;
}

const PROTO = Buffer.from('__proto__');

/** Whether `token` is one of a text that may be as long as `__proto__`. */
function mayBeProto(token: number): boolean {
  return token === 0xa9 || (token >= 0xd9 && token <= 0xdb);
}

/** Whether the text of `token`, whose length (if it has one of its own) starts at `from`, is `__proto__`. */
function isProto(buffer: Buffer, token: number, from: number, to: number): boolean {
  const header = token === 0xa9 ? 0 : 1 << (token - 0xd9);
  return to - from === PROTO.length + header && buffer.compare(PROTO, 0, PROTO.length, from + header, to) === 0;
}

/** The position behind the value of `token`, which is none of the fixed formats, arrays and maps. */
function skip(buffer: Buffer, position: number, end: number, token: number): number {
  switch (token) {
    case 0xc0:
    case 0xc2:
    case 0xc3:
      return position;
    case 0xcc:
    case 0xd0:
      return position + 1;
    case 0xcd:
    case 0xd1:
      return position + 2;
    case 0xca:
    case 0xce:
    case 0xd2:
      return position + 4;
    case 0xcb:
    case 0xcf:
    case 0xd3:
      return position + 8;
    case 0xc4:
    case 0xd9:
      return position + 1 + readLength(buffer, position, end, 1);
    case 0xc5:
    case 0xda:
      return position + 2 + readLength(buffer, position, end, 2);
    case 0xc6:
    case 0xdb:
      return position + 4 + readLength(buffer, position, end, 4);
    case 0xc7:
      return skipExtension(buffer, position + 1, end, readLength(buffer, position, end, 1));
    case 0xc8:
      return skipExtension(buffer, position + 2, end, readLength(buffer, position, end, 2));
    case 0xc9:
      return skipExtension(buffer, position + 4, end, readLength(buffer, position, end, 4));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return skipExtension(buffer, position, end, 1 << (token - 0xd4));
    default:
      throw new Error('the byte c1 is no MessagePack');
  }
}

function skipExtension(buffer: Buffer, position: number, end: number, length: number): number {
  if (length >= end - position) throw cutOff();
  const type = buffer[position] as number;
  if (MSGPACKR_TYPES.has(type)) throw new Error(`MessagePack extension type ${type} is not supported`);
  if (type === TIMESTAMP && length !== 4 && length !== 8 && length !== 12) {
    throw new Error(`a MessagePack timestamp of ${length} bytes`);
  }
  return position + 1 + length;
}

function readLength(buffer: Buffer, position: number, end: number, size: 1 | 2 | 4): number {
  if (position + size > end) throw cutOff();
  if (size === 1) return buffer[position] as number;
  return size === 2 ? buffer.readUInt16BE(position) : buffer.readUInt32BE(position);
}

function cutOff(): Error {
  return new Error('the MessagePack value is cut off');
}
