// The frames of the library as a good programmer writes them by hand: what the pieces are compared with.
import { Packr, Unpackr } from 'msgpackr';

/** `REUSE_BUFFER_MODE | RESET_BUFFER_MODE` of msgpackr: no Buffer object is made for each payload. */
const PACK_IN_PLACE = 512 | 1024;
const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false });
const place = { start: 0, end: 0 };

/** Packs into msgpackr's own memory. */
export function pack(value: unknown): Buffer & { start: number; end: number } {
  return packr.pack(value, PACK_IN_PLACE) as Buffer & { start: number; end: number };
}

/** Unpacks `bytes[start, end)`. */
export function unpack(bytes: Buffer, start: number, end: number): unknown {
  place.start = start;
  place.end = end;
  return unpackr.unpack(bytes, place);
}

/** Writes a varint of up to 31 bits and returns the position behind it. */
export function writePlainVarint(bytes: Buffer, position: number, value: number): number {
  while (value >= 0x80) {
    bytes[position++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[position++] = value;
  return position;
}

/** Reads what {@link writePlainVarint} has written. */
export class PlainReader {
  position = 0;

  readVarint(bytes: Buffer): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[this.position++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}

/** Writes a frame and returns the position behind it. */
export function writePlainFrame(bytes: Buffer, start: number, seq: number, value: unknown): number {
  const packed = pack(value);
  const length = packed.end - packed.start;
  let position = writePlainVarint(bytes, start, seq);
  bytes[position++] = 0;
  position = writePlainVarint(bytes, position, length);
  packed.copy(bytes, position, packed.start, packed.end);
  return position + length;
}
