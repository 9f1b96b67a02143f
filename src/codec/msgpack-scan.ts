import { MAX_PAYLOAD_DEPTH } from './sendable.ts';

/** MessagePack's own extension type, as it stands on the wire: -1. */
const TIMESTAMP = 0xff;

/**
 * The extension types that msgpackr reads without being asked to: undefined, large bigint, bundled texts, Error, id,
 * pointer, record, Set, typed array, RegExp.
 */
const MSGPACKR_TYPES: ReadonlySet<number> = new Set([0, 0x42, 0x62, 0x65, 0x69, 0x70, 0x72, 0x73, 0x74, 0x78]);

/** How many elements are still to come in each array and map around the current one. Fixed, since depth is limited. */
const outer = new Float64Array(MAX_PAYLOAD_DEPTH);

/**
 * Checks that `buffer[start, end)` is exactly one plain MessagePack value, before msgpackr gets to see it: msgpackr makes
 * arrays as long as announced and calls as deep as nested, and its extensions can be made to take a time that grows with
 * the square of the payload's length. Allocates nothing; does not look into texts.
 * @throws Error for all else, also for what is nested deeper than {@link MAX_PAYLOAD_DEPTH}.
 */
export function scanMessagePack(buffer: Buffer, start: number, end: number): void {
  let position = start;
  let depth = 0;
  /** How many values are still to come in the current array or map. */
  let left = 1;
  for (;;) {
    while (left === 0) {
      if (depth === 0) {
        if (position !== end) throw new Error(`${end - position} bytes follow the MessagePack value`);
        return;
      }
      left = outer[--depth] as number;
    }
    left--;
    if (position >= end) throw cutOff();
    const token = buffer[position++] as number;
    let elements = -1;
    if (token < 0x80 || token >= 0xe0) continue;
    if (token < 0x90) elements = (token - 0x80) * 2;
    else if (token < 0xa0) elements = token - 0x90;
    else if (token < 0xc0) position += token - 0xa0;
    else if (token >= 0xdc) {
      const size = token & 1 ? 4 : 2;
      elements = readLength(buffer, position, end, size) * (token >= 0xde ? 2 : 1);
      position += size;
    } else position = skip(buffer, position, end, token);
    if (position > end) throw cutOff();
    if (elements === -1) continue;
    if (depth === MAX_PAYLOAD_DEPTH) throw new Error(`nested deeper than ${MAX_PAYLOAD_DEPTH} levels`);
    if (elements > end - position) throw cutOff();
    outer[depth++] = left;
    left = elements;
  }
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
