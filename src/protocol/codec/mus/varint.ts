import { bitsView, float32, float64 } from './floats.ts';
import type { MusReader } from './mus-reader.ts';
import { type MusSerializer, serializer } from './serializer.ts';
import { MAX_NUMBER, toNumber, wholeNumber64, wholeNumberIn } from './whole-numbers.ts';

/** Up to here (and down to its negative) the zig-zag form of a number is one that JavaScript holds exactly. */
const MAX_ZIGZAG = 2 ** 52;

/**
 * Numbers that take the fewer bytes the smaller they are: package `varint` of mus-stream-go, under its names.
 *
 * | | Go | JavaScript |
 * |---|---|---|
 * | `int8`, `int16`, `int32` | the same, zig-zag | `number` |
 * | `int` | `int` (or `int64`), zig-zag | `number` within ±(2^53 - 1); what arrives beyond is refused |
 * | `int64` | `int64` (or `int`), `time.Duration`, zig-zag | `bigint`; takes whole numbers too |
 * | `uint8`, `uint16`, `uint32` | the same; `byte` is `uint8` | `number` |
 * | `uint` | `uint` (or `uint64`) | `number` up to 2^53 - 1; what arrives beyond is refused |
 * | `uint64` | `uint64` (or `uint`) | `bigint`; takes whole numbers too |
 * | `positiveInt` | `PositiveInt`, `PositiveInt64`: an `int` without zig-zag | as `uint` |
 * | `float32`, `float64` | the same: the bits as a whole number | `number` |
 */
export const varint = Object.freeze({
  int8: zigzag('varint.int8', 8),
  int16: zigzag('varint.int16', 16),
  int32: zigzag('varint.int32', 32),
  int: serializer<number>(
    'varint.int',
    1,
    (value, writer) => writer.writeVarint(toZigzag(wholeNumberIn(value, -MAX_NUMBER, MAX_NUMBER))),
    (reader) => toNumber(fromZigzag(reader.readVarint(64)), reader),
  ),
  int64: serializer<number | bigint, bigint>(
    'varint.int64',
    1,
    (value, writer) => writer.writeVarint(toZigzag(wholeNumber64(value, true))),
    (reader) => counted(reader, BigInt(fromZigzag(reader.readVarint(64)))),
  ),
  uint8: unsigned('varint.uint8', 8),
  uint16: unsigned('varint.uint16', 16),
  uint32: unsigned('varint.uint32', 32),
  uint: unsigned('varint.uint', 64),
  uint64: serializer<number | bigint, bigint>(
    'varint.uint64',
    1,
    (value, writer) => writer.writeVarint(wholeNumber64(value, false)),
    (reader) => counted(reader, BigInt(reader.readVarint(64))),
  ),
  positiveInt: unsigned('varint.positiveInt', 64),
  float32: serializer<number>(
    'varint.float32',
    1,
    (value, writer) => {
      bitsView.setFloat32(0, float32(value));
      writer.writeVarint(bitsView.getUint32(0));
    },
    (reader) => {
      bitsView.setUint32(0, Number(reader.readVarint(32)));
      return bitsView.getFloat32(0);
    },
  ),
  float64: serializer<number>(
    'varint.float64',
    1,
    (value, writer) => {
      bitsView.setFloat64(0, float64(value));
      writer.writeVarint(bitsView.getBigUint64(0));
    },
    (reader) => {
      bitsView.setBigUint64(0, BigInt(reader.readVarint(64)));
      return bitsView.getFloat64(0);
    },
  ),
});

/** The memory of a bigint, in bytes: of one byte on the wire, too. */
const BIGINT_BYTES = 24;

function counted(reader: MusReader, value: bigint): bigint {
  reader.add(BIGINT_BYTES);
  return value;
}

function zigzag(name: string, bits: 8 | 16 | 32): MusSerializer<number> {
  const min = -(2 ** (bits - 1));
  return serializer(
    name,
    1,
    (value, writer) => writer.writeVarint(toZigzag(wholeNumberIn(value, min, -min - 1))),
    (reader) => Number(fromZigzag(reader.readVarint(bits))),
  );
}

function unsigned(name: string, bits: 8 | 16 | 32 | 64): MusSerializer<number> {
  const max = bits === 64 ? MAX_NUMBER : 2 ** bits - 1;
  return serializer(
    name,
    1,
    (value, writer) => writer.writeVarint(wholeNumberIn(value, 0, max)),
    (reader) => toNumber(reader.readVarint(bits), reader),
  );
}

/** Numbers near zero become small ones: 0, -1, 1, -2, 2 are 0, 1, 2, 3, 4. */
function toZigzag(value: number | bigint): number | bigint {
  if (typeof value === 'number' && value >= -MAX_ZIGZAG && value <= MAX_ZIGZAG) {
    return value < 0 ? -2 * value - 1 : 2 * value;
  }
  const bits = BigInt(value);
  return bits < 0n ? -2n * bits - 1n : 2n * bits;
}

function fromZigzag(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  return value & 1n ? -(value + 1n) / 2n : value / 2n;
}
