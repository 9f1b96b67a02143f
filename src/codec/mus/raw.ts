import { show } from '../../options/check.ts';
import { Unsendable } from '../sendable.ts';
import { float32, float64 } from './floats.ts';
import type { MusReader } from './mus-reader.ts';
import type { MusWriter } from './mus-writer.ts';
import { type MusSerializer, serializer } from './serializer.ts';
import { MAX_NUMBER, toNumber, wholeNumber64, wholeNumberIn } from './whole-numbers.ts';

/** The times that a Date can hold: so many milliseconds before and after 1970. */
const MAX_DATE_MS = 8_640_000_000_000_000n;

/**
 * Numbers that always take the same bytes, the least significant first: package `raw` of mus-stream-go, under its names.
 *
 * | | bytes | JavaScript |
 * |---|---|---|
 * | `int8`, `int16`, `int32` | 1, 2, 4 | `number` |
 * | `uint8` and `byte`, `uint16`, `uint32` | 1, 2, 4 | `number` |
 * | `int`, `uint` | 8 | `number` within ±(2^53 - 1); what arrives beyond is refused |
 * | `int64`, `uint64` | 8 | `bigint`; take whole numbers too |
 * | `float32`, `float64` | 4, 8 | `number`; `float32` rounds to one |
 * | `timeUnix`, `timeUnixMilli`, `timeUnixMicro`, `timeUnixNano` | 8 | `Date`: to the millisecond, what is finer is cut off |
 */
export const raw = Object.freeze({
  byte: fixed('raw.byte', 0, 1, writeUint, (reader, at) => reader.buffer.readUInt8(at)),
  uint8: fixed('raw.uint8', 0, 1, writeUint, (reader, at) => reader.buffer.readUInt8(at)),
  uint16: fixed('raw.uint16', 0, 2, writeUint, (reader, at) => reader.buffer.readUInt16LE(at)),
});
