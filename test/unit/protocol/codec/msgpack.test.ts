import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { runs } from '../../../support/runs.ts';
import { expectSame } from '../../../support/same.ts';
import { bind, decode, decodePayload, encode, encodePayload, sent, valuesOf } from './support.ts';

const codec = msgpack();

/** msgpackr by itself, with options of its own. */
const otherWriter = new Packr({ useRecords: false, encodeUndefinedAsNil: true });
// 'auto' (numbers where they are safe) is missing in its types.
const otherReader = new Unpackr({ useRecords: false, int64AsType: 'auto' as 'bigint' });

const shared = valuesOf(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.oneof(fc.double(), fc.float({ noDefaultInfinity: true })).map((number) => (number === 0 ? 0 : number)),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(2 ** 34 * 1000 - 1) }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 100 }),
);

describe('msgpack', () => {
  it.each([
    [{ x: 1 }, "msgpack() has no option 'x'; it accepts none"],
    [null, 'the options of msgpack() must be an object; got null'],
    ['fast', 'the options of msgpack() must be an object; got "fast"'],
  ])('has no options: %j', (options, message) => {
    const make = msgpack as (options: unknown) => unknown;
    expect(() => make(options)).toThrow(expect.objectContaining({ code: 'invalid-argument', message }));
    expect(make({})).toMatchObject({ name: 'msgpack' });
  });

  it('carries every number, Dates and bytes as they are', () => {
    fc.assert(
      fc.property(shared, (value) => {
        expect(sent(codec, value)).toStrictEqual(value);
      }),
      { numRuns: runs(500) },
    );
  });

  it('is read by msgpackr of other options', () => {
    fc.assert(
      fc.property(shared, (value) => {
        expect(otherReader.unpack(encodePayload(codec, value))).toStrictEqual(value);
      }),
      { numRuns: runs(500) },
    );
  });

  it('reads what msgpackr of other options writes', () => {
    fc.assert(
      fc.property(shared, (value) => {
        const bytes = Buffer.from(otherWriter.pack(value));
        expect(decodePayload(codec, bytes)).toStrictEqual(otherReader.unpack(bytes));
      }),
      { numRuns: runs(500) },
    );
  });

  it('keeps whole numbers of up to 64 bits exact: a number where that is safe, else a bigint', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (value) => {
        const number = Number(value);
        expect(sent(codec, value)).toBe(Math.abs(number) <= 2 ** 53 && BigInt(number) === value ? number : value);
      }),
    );
    expect(sent(codec, [5n, -(2n ** 53n) + 1n, 2n ** 53n])).toStrictEqual([5, Number.MIN_SAFE_INTEGER, 2 ** 53]);
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
    expect(bytes).toBeInstanceOf(Buffer);
    expect(bytes.buffer.byteLength).toBe(3);
  });

  it('writes whole numbers as integers, so that typed languages read them', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        for (const carried of [value, [value], { value }]) {
          const bytes = encodePayload(codec, carried);
          const token = bytes.at(typeof carried === 'number' ? 0 : Array.isArray(carried) ? 1 : 7) as number;
          expect([0xca, 0xcb]).not.toContain(token);
        }
      }),
    );
  });

  it('does not change the value that is sent', () => {
    const value = { id: 2 ** 40, gone: undefined, list: [2 ** 41, { toJSON: () => 1 }] };
    const { id, gone, list } = value;
    sent(codec, value);
    expect(value).toStrictEqual({ id, gone, list });
    expect(value.list[0]).toBe(2 ** 41);
  });

  it('reads keys right, however many there are and however much alike', () => {
    const bound = msgpack();
    const keys = Array.from({ length: 5000 }, (_, index) => `key${index % 7}${index}é`.slice(0, 4 + (index % 12)));
    for (let round = 0; round < 2; round++) {
      for (const key of keys) expectSame(sent(bound, { [key]: 1, '': 2 }), { [key]: 1, '': 2 });
    }
  });

  it('reads payloads of every length alike, and keeps nothing of the memory in which it read the short ones', () => {
    const bound = bind(msgpack());
    const values = Array.from({ length: 120 }, (_, length) => ({
      text: 'x'.repeat(length),
      bytes: Buffer.alloc(length % 40, length),
      name: `é${length}`,
    }));
    const arrived = values.map((value) => decode(bound, encode(bound, 0, value)).value);
    expect(arrived).toStrictEqual(values);
  });
});
