import { types } from 'node:util';
import { timeOf, Unsendable } from '../sendable.ts';
import { float32, float64 } from './floats.ts';
import type { MusReader } from './mus-reader.ts';
import { type MusSerializer, serializer } from './serializer.ts';
import { MAX_NUMBER, toNumber, wholeNumber64, wholeNumberIn } from './whole-numbers.ts';

/** The memory of a Date, about, in bytes. */
const DATE_BYTES = 80;

/** The times that a Date can hold: so many milliseconds before and after 1970. */
const MAX_DATE_MS = 8_640_000_000_000_000n;

/**
 * Numbers that always take the same bytes, the least significant first: package `raw` of mus-stream-go, under its names.
 *
 * | | bytes | JavaScript |
 * |---|---|---|
 * | `int8`, `int16`, `int32` | 1, 2, 4 | `number` |
 * | `byte` and `uint8`, `uint16`, `uint32` | 1, 2, 4 | `number` |
 * | `int`, `uint` | 8 | `number` within ±(2^53 - 1); what arrives beyond is refused |
 * | `int64`, `uint64` | 8 | `bigint`; take whole numbers too |
 * | `float32`, `float64` | 4, 8 | `number`; `float32` rounds to one |
 * | `timeUnix`, `timeUnixMilli`, `timeUnixMicro`, `timeUnixNano` | 8 | `Date`; what is finer than it (or than the unit) is cut off |
 *
 * The times are Go's `time.Time`; a `TimeUnixMilliUTC` there has the same bytes as a `TimeUnixMilli`.
 */
export const raw = Object.freeze({
  int8: signed('raw.int8', 1),
  int16: signed('raw.int16', 2),
  int32: signed('raw.int32', 4),
  int: fixed<number>(
    'raw.int',
    8,
    (value, buffer, at) => buffer.writeBigInt64LE(BigInt(wholeNumberIn(value, -MAX_NUMBER, MAX_NUMBER)), at),
    (buffer, at, reader) => toNumber(buffer.readBigInt64LE(at), reader),
  ),
  int64: fixed<number | bigint, bigint>(
    'raw.int64',
    8,
    (value, buffer, at) => buffer.writeBigInt64LE(wholeNumber64(value, true), at),
    (buffer, at) => buffer.readBigInt64LE(at),
  ),
  byte: unsigned('raw.byte', 1),
  uint8: unsigned('raw.uint8', 1),
  uint16: unsigned('raw.uint16', 2),
  uint32: unsigned('raw.uint32', 4),
  uint: fixed<number>(
    'raw.uint',
    8,
    (value, buffer, at) => buffer.writeBigUInt64LE(BigInt(wholeNumberIn(value, 0, MAX_NUMBER)), at),
    (buffer, at, reader) => toNumber(buffer.readBigUInt64LE(at), reader),
  ),
  uint64: fixed<number | bigint, bigint>(
    'raw.uint64',
    8,
    (value, buffer, at) => buffer.writeBigUInt64LE(wholeNumber64(value, false), at),
    (buffer, at) => buffer.readBigUInt64LE(at),
  ),
  float32: fixed<number>(
    'raw.float32',
    4,
    (value, buffer, at) => buffer.writeFloatLE(float32(value), at),
    (buffer, at) => buffer.readFloatLE(at),
  ),
  float64: fixed<number>(
    'raw.float64',
    8,
    (value, buffer, at) => buffer.writeDoubleLE(float64(value), at),
    (buffer, at) => buffer.readDoubleLE(at),
  ),
  timeUnix: time('raw.timeUnix', { msPerUnit: 1000n, unitsPerMs: 1n }),
  timeUnixMilli: time('raw.timeUnixMilli', { msPerUnit: 1n, unitsPerMs: 1n }),
  timeUnixMicro: time('raw.timeUnixMicro', { msPerUnit: 1n, unitsPerMs: 1000n }),
  timeUnixNano: time('raw.timeUnixNano', { msPerUnit: 1n, unitsPerMs: 1_000_000n }),
});

/** A serializer of values that always take `size` bytes. */
function fixed<Input, Output = Input>(
  name: string,
  size: number,
  write: (value: Input, buffer: Buffer, at: number) => void,
  read: (buffer: Buffer, at: number, reader: MusReader) => Output,
): MusSerializer<Input, Output> {
  return serializer(
    name,
    size,
    (value, { bytes }) => {
      bytes.ensure(size);
      write(value, bytes.buffer, bytes.position);
      bytes.position += size;
    },
    (reader) => {
      const at = reader.take(size);
      return read(reader.buffer, at, reader);
    },
  );
}

function signed(name: string, size: 1 | 2 | 4): MusSerializer<number> {
  const max = 2 ** (8 * size - 1) - 1;
  return fixed(
    name,
    size,
    (value, buffer, at) => buffer.writeIntLE(wholeNumberIn(value, -max - 1, max), at, size),
    (buffer, at) => buffer.readIntLE(at, size),
  );
}

function unsigned(name: string, size: 1 | 2 | 4): MusSerializer<number> {
  const max = 2 ** (8 * size) - 1;
  return fixed(
    name,
    size,
    (value, buffer, at) => buffer.writeUIntLE(wholeNumberIn(value, 0, max), at, size),
    (buffer, at) => buffer.readUIntLE(at, size),
  );
}

/** A time as a count of units since 1970; one of the two ratios is 1. */
function time(
  name: string,
  { msPerUnit, unitsPerMs }: { readonly msPerUnit: bigint; readonly unitsPerMs: bigint },
): MusSerializer<Date> {
  return fixed(
    name,
    8,
    (value, buffer, at) => {
      if (!types.isDate(value)) throw new Unsendable(`is ${types.isProxy(value) ? 'a Proxy, ' : ''}not a Date`);
      const units = floorDivide(BigInt(timeOf(value)) * unitsPerMs, msPerUnit);
      if (BigInt.asIntN(64, units) !== units) throw new Unsendable('is a Date that is too far off for 64 bits');
      buffer.writeBigInt64LE(units, at);
    },
    (buffer, at, reader) => {
      const ms = floorDivide(buffer.readBigInt64LE(at) * msPerUnit, unitsPerMs);
      if (ms < -MAX_DATE_MS || ms > MAX_DATE_MS) reader.refuse('a time is one that no Date can hold');
      reader.add(DATE_BYTES);
      return new Date(Number(ms));
    },
  );
}

/** Division that rounds down, as Go's times do, where that of bigints rounds to zero. */
function floorDivide(value: bigint, divisor: bigint): bigint {
  const rest = value % divisor;
  return (value - (rest < 0n ? rest + divisor : rest)) / divisor;
}
