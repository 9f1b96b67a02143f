import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { msgpack } from '../../../src/codec/msgpack.ts';
import { bind, decodePayload, encode, encodePayload, sent } from './support.ts';

const codec = msgpack();

/** Another implementation. It renames the key `__proto__`, and takes half surrogate pairs; both are left out here. */
const otherWriter = new Packr({ useRecords: false, encodeUndefinedAsNil: true });
// 'auto' (numbers where they are safe) is missing in its types.
const otherReader = new Unpackr({ useRecords: false, int64AsType: 'auto' as 'bigint' });

const shared = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double(),
    fc.float({ noDefaultInfinity: true }),
    fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(2 ** 34 * 1000 - 1) }),
    fc.uint8Array(),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value;

/** msgpackr gives a Buffer for bytes. */
function withPlainBytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (value instanceof Date || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withPlainBytes);
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, withPlainBytes(field)]));
}

describe('msgpack', () => {
  it('carries every number, Dates and bytes as they are', () => {
    fc.assert(
      fc.property(shared, (value) => {
        expect(sent(codec, value)).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('is read by another implementation', () => {
    fc.assert(
      fc.property(shared, (value) => {
        expect(withPlainBytes(otherReader.unpack(encodePayload(codec, value)))).toStrictEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  it('reads what another implementation writes', () => {
    fc.assert(
      fc.property(shared, (value) => {
        const bytes = Buffer.from(otherWriter.pack(value));
        expect(decodePayload(codec, bytes)).toStrictEqual(withPlainBytes(otherReader.unpack(bytes)));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps whole numbers of up to 64 bits exact: a number where that is safe, else a bigint', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
        const number = Number(value);
        expect(sent(codec, value)).toBe(Number.isSafeInteger(number) ? number : value);
      }),
    );
    expect(sent(codec, [5n, -(2n ** 53n) + 1n, 2n ** 53n])).toStrictEqual([5, Number.MIN_SAFE_INTEGER, 2n ** 53n]);
  });

  it.each([
    ['above', 2n ** 64n],
    ['below', -(2n ** 63n) - 1n],
  ])('refuses whole numbers %s 64 bits', (_, id) => {
    expect(() => encode(bind(codec), 0, { user: { id } })).toThrow(
      expect.objectContaining({
        code: 'encode-failed',
        message:
          'cannot be encoded: payload.user.id is a whole number of more than 64 bits, which MessagePack cannot express',
      }),
    );
  });

  it.each(['\ud800', 'a\udc00b', `${'x'.repeat(100)}\ud83d`, '漢字\ud83d'])(
    'refuses half a surrogate pair: %j',
    (text) => {
      expect(() => encode(bind(codec), 0, { text })).toThrow(/payload\.text has half of a surrogate pair/);
      expect(() => encode(bind(codec), 0, { [text]: 1 })).toThrow(/has half of a surrogate pair/);
    },
  );

  it('reads bytes into memory of their own', () => {
    const bytes = sent(codec, Buffer.from('abc')) as Uint8Array;
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(3);
  });

  it('reads keys right, however many there are and however much alike', () => {
    const bound = msgpack();
    const keys = Array.from({ length: 5000 }, (_, index) => `key${index % 7}${index}é`.slice(0, 4 + (index % 12)));
    for (let round = 0; round < 2; round++) {
      for (const key of keys) expect(sent(bound, { [key]: 1, '': 2 })).toStrictEqual({ [key]: 1, '': 2 });
    }
  });

  it('asks a getter once, and writes what it gave', () => {
    let asked = 0;
    const value = {
      get count() {
        return ++asked;
      },
    };
    expect(sent(codec, value)).toStrictEqual({ count: 1 });
    expect(asked).toBe(1);
  });
});
