import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, NEED_MORE } from '../../../../src/base/bytes/byte-reader.ts';
import { MAX_VARINT_BYTES, varintSize, writeVarint } from '../../../../src/base/bytes/varint.ts';
import { runs } from '../../../support/runs.ts';

/** The reference: the same numbers by the book, with integers of any size. */
function encodeByTheBook(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

function write(value: number): number[] {
  const bytes = Buffer.alloc(MAX_VARINT_BYTES);
  return [...bytes.subarray(0, writeVarint(bytes, 0, value))];
}

function readerOf(bytes: readonly number[]): ByteReader {
  const reader = new ByteReader();
  reader.buffer = Buffer.from(bytes);
  reader.end = bytes.length;
  return reader;
}

/** Whole numbers from 0 to 2^53 - 1, each length equally likely. */
const numbers = fc
  .tuple(fc.integer({ min: 0, max: 53 }), fc.maxSafeNat())
  .map(([bits, value]) => Number(BigInt(value) & ((1n << BigInt(bits)) - 1n)));

/** Where the number of bytes, or the way of computing, changes; and their neighbours. */
const ends = [7, 14, 21, 28, 31, 32, 35, 42, 49, 53]
  .flatMap((bits) => [2 ** bits - 1, 2 ** bits, 2 ** bits + 1])
  .filter(Number.isSafeInteger)
  .concat(0, 1);

describe('a varint', () => {
  test('is written as the reference writes it', () => {
    const check = (value: number) => {
      expect(write(value)).toEqual(encodeByTheBook(BigInt(value)));
    };
    ends.forEach(check);
    fc.assert(fc.property(numbers, check), { numRuns: runs(2000) });
  });

  test('has the bytes of the specification', () => {
    expect(write(0)).toEqual([0x00]);
    expect(write(127)).toEqual([0x7f]);
    expect(write(128)).toEqual([0x80, 0x01]);
    expect(write(300)).toEqual([0xac, 0x02]);
    expect(write(Number.MAX_SAFE_INTEGER)).toEqual([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]);
  });

  test('has the size that is foretold', () => {
    const check = (value: number) => {
      expect(varintSize(value)).toBe(encodeByTheBook(BigInt(value)).length);
    };
    ends.forEach(check);
    fc.assert(fc.property(numbers, check), { numRuns: runs(2000) });
  });

  test('is read back from between other bytes, and the position stands behind it', () => {
    const check = (value: number) => {
      const bytes = encodeByTheBook(BigInt(value));
      const reader = readerOf([0xff, ...bytes, 0xff]);
      reader.position = 1;
      expect(reader.readVarint()).toBe(value);
      expect(reader.position).toBe(1 + bytes.length);
    };
    ends.forEach(check);
    fc.assert(fc.property(numbers, check), { numRuns: runs(2000) });
  });

  test('that has not arrived whole asks for more and leaves the position', () => {
    for (const value of ends) {
      const bytes = encodeByTheBook(BigInt(value));
      for (let length = 0; length < bytes.length; length++) {
        // What stands behind the end has not arrived, whatever the memory holds.
        const reader = readerOf(bytes);
        reader.end = length;
        expect(reader.readVarint()).toBe(NEED_MORE);
        expect(reader.position).toBe(0);
      }
    }
  });

  test('above 2^53 - 1 is refused', () => {
    const tooLarge = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n });
    const check = (value: bigint) => {
      const reader = readerOf(encodeByTheBook(value));
      expect(() => reader.readVarint()).toThrow(
        expect.objectContaining({ code: 'protocol-error', message: expect.stringContaining('above 2^53 - 1') }),
      );
    };
    [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n].forEach(check);
    fc.assert(fc.property(tooLarge, check));
  });

  test('of more than 64 bits is refused, as soon as the tenth byte shows it', () => {
    const nine = Array<number>(9).fill(0x80);
    const refused = expect.objectContaining({
      code: 'protocol-error',
      message: expect.stringContaining('more than 64 bits'),
    });
    for (const tenth of [0x02, 0x7f, 0x80, 0x81, 0xff]) {
      const reader = readerOf([...nine, tenth]);
      expect(() => reader.readVarint()).toThrow(refused);
    }
    expect(readerOf(nine).readVarint()).toBe(NEED_MORE);
    // Longer than needed, but within 64 bits: Go reads it as well.
    expect(readerOf([...nine, 0x00]).readVarint()).toBe(0);
    expect(readerOf([0x85, 0x80, 0x00]).readVarint()).toBe(5);
  });
});
