import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type AnyMusSerializer, raw, varint } from '../../../../src/mus.ts';
import { musRefusalOf, read, sent, written } from './mus-support.ts';

const encodeFailed = (problem: string) =>
  expect.objectContaining({ code: 'encode-failed', message: `cannot be encoded: payload${problem}` });

describe('numbers of MUS', () => {
  const int = (bits: number) => fc.bigInt({ min: -(2n ** BigInt(bits - 1)), max: 2n ** BigInt(bits - 1) - 1n });
  const uint = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
  const float32 = fc.float();
  const double = fc.double();
  const time = fc.date({ noInvalidDate: true, min: new Date('1700-01-01'), max: new Date('2200-01-01') });
  const wholeSeconds = time.map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000));

  it.each<[AnyMusSerializer, fc.Arbitrary<unknown>]>([
    [varint.int8, int(8).map(Number)],
    [varint.int16, int(16).map(Number)],
    [varint.int32, int(32).map(Number)],
    [varint.int, fc.maxSafeInteger()],
    [varint.int64, int(64)],
    [varint.uint8, uint(8).map(Number)],
    [varint.uint16, uint(16).map(Number)],
    [varint.uint32, uint(32).map(Number)],
    [varint.uint, fc.maxSafeNat()],
    [varint.uint64, uint(64)],
    [varint.positiveInt, fc.maxSafeNat()],
    [varint.float32, float32],
    [varint.float64, double],
    [raw.int8, int(8).map(Number)],
    [raw.int16, int(16).map(Number)],
    [raw.int32, int(32).map(Number)],
    [raw.int, fc.maxSafeInteger()],
    [raw.int64, int(64)],
    [raw.byte, uint(8).map(Number)],
    [raw.uint8, uint(8).map(Number)],
    [raw.uint16, uint(16).map(Number)],
    [raw.uint32, uint(32).map(Number)],
    [raw.uint, fc.maxSafeNat()],
    [raw.uint64, uint(64)],
    [raw.float32, float32],
    [raw.float64, double],
    [raw.timeUnix, wholeSeconds],
    [raw.timeUnixMilli, time],
    [raw.timeUnixMicro, time],
    [raw.timeUnixNano, time],
  ])('arrive as they are: $name', (serializer, values) => {
    fc.assert(
      fc.property(values, (value) => {
        expect(sent(serializer, value)).toStrictEqual(value);
        expect(written(serializer, value).length / 2).toBeGreaterThanOrEqual(serializer.minBytes);
      }),
    );
  });

  it.each<[what: string, AnyMusSerializer, value: unknown, hex: string]>([
    ['zig-zag', varint.int32, -1, '01'],
    ['zig-zag', varint.int32, 1, '02'],
    ['zig-zag', varint.int8, -128, 'ff01'],
    ['zig-zag at the ends of what JavaScript has', varint.int, -Number.MAX_SAFE_INTEGER, 'fdffffffffffff1f'],
    ['zig-zag at the ends of 64 bits', varint.int64, -(2n ** 63n), 'ffffffffffffffffff01'],
    ['without zig-zag', varint.positiveInt, 300, 'ac02'],
    ['two bytes, though it is one', varint.uint8, 255, 'ff01'],
    ['the least significant byte first', raw.uint32, 0x01020304, '04030201'],
    ["two's complement", raw.int16, -2, 'feff'],
    ["two's complement", raw.int64, -2n, 'feffffffffffffff'],
    ['a float32', raw.float32, 1, '0000803f'],
    ['the bits of a float32 as a varint', varint.float32, 1, '808080fc03'],
    ['seconds, rounded down', raw.timeUnix, new Date(-1), 'ffffffffffffffff'],
    ['nanoseconds', raw.timeUnixNano, new Date(1), '40420f0000000000'],
  ])('are written as Go does: %s', (_, serializer, value, hex) => {
    expect(written(serializer, value)).toBe(hex);
  });

  it('of 64 bits may be given as numbers, and always arrive as bigints', () => {
    for (const serializer of [varint.int64, varint.uint64, raw.int64, raw.uint64]) {
      expect(sent(serializer, 5)).toBe(5n);
      expectTypeOf(serializer.read).returns.toEqualTypeOf<bigint>();
    }
    expect(sent(varint.int64, -5)).toBe(-5n);
    // Of -0 and 0 there is one.
    expect(sent(varint.int, -0)).toBe(0);
  });

  it.each<[AnyMusSerializer, value: unknown, problem: string]>([
    [varint.int8, 128, ' is 128, not a whole number from -128 to 127'],
    [varint.uint16, -1, ' is -1, not a whole number from 0 to 65535'],
    [raw.int32, 1.5, ' is 1.5, not a whole number from -2147483648 to 2147483647'],
    [raw.byte, '1', ' is "1", not a whole number from 0 to 255'],
    [varint.int, 2 ** 53, ' is 9007199254740992, not a whole number from -9007199254740991 to 9007199254740991'],
    [varint.int, 1n, ' is 1, not a whole number from -9007199254740991 to 9007199254740991'],
    [varint.uint, undefined, ' is undefined, not a whole number from 0 to 9007199254740991'],
    [varint.int64, 2n ** 63n, ' is 9223372036854775808, not an int64'],
    [raw.int64, 2 ** 53, ' is 9007199254740992, not an int64'],
    [varint.uint64, -1n, ' is -1, not a uint64'],
    [raw.uint64, 2n ** 64n, ' is 18446744073709551616, not a uint64'],
    [raw.float64, 1n, ' is 1, not a number'],
    [raw.float32, 1e300, ' is 1e+300, beyond a float32'],
    [varint.float32, null, ' is null, not a number'],
    [raw.timeUnix, 0, ' is not a Date'],
    [raw.timeUnixMilli, new Date(Number.NaN), ' is an invalid Date'],
    [raw.timeUnixNano, new Date(8.64e15), ' is a Date that is too far off for 64 bits'],
  ])('that do not fit are not sent: $name', (serializer, value, problem) => {
    expect(() => written(serializer, value)).toThrow(encodeFailed(problem));
  });

  it.each<[AnyMusSerializer, hex: string, problem: string]>([
    [varint.int, '8280808080808020', '9007199254740993 is beyond ±(2^53 - 1)'],
    [varint.uint, '8080808080808010', '9007199254740992 is beyond ±(2^53 - 1)'],
    [raw.int, '0000000000002000', '9007199254740992 is beyond ±(2^53 - 1)'],
    [raw.uint, 'ffffffffffffffff', '18446744073709551615 is beyond ±(2^53 - 1)'],
    [raw.timeUnixMilli, '0000000000000080', 'a time is one that no Date can hold'],
  ])('that JavaScript cannot hold fail their own request: $name', (serializer, hex, problem) => {
    expect(musRefusalOf(serializer, hex)).toContain(problem);
  });

  it.each<[AnyMusSerializer, hex: string, bits: number]>([
    [varint.uint8, '8002', 8],
    [varint.int8, '808000', 8],
    [varint.uint16, '808004', 16],
    [varint.int32, '8080808010', 32],
    [varint.float32, '8080808010', 32],
    [varint.uint64, '80808080808080808002', 64],
    [varint.int, '8080808080808080808000', 64],
  ])('of too many bits close the connection: $name', (serializer, hex, bits) => {
    expect(() => read(serializer, hex)).toThrow(
      expect.objectContaining({ code: 'protocol-error', message: `malformed varint: it has more than ${bits} bits` }),
    );
  });

  it('in more bytes than needed are read, as in Go', () => {
    expect(read(varint.int32, '8080808000')).toBe(0);
    expect(read(varint.uint64, '81808080808080808000')).toBe(1n);
  });
});
