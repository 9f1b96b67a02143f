import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { type AnyMusSerializer, ord, raw, struct, transform, varint } from '../../../../src/mus.ts';
import type { BadPayload } from '../../../../src/protocol/codec/codec.ts';
import { codecOf, musRefusalOf, read, sent, written } from './mus-support.ts';
import { decode, encode } from './support.ts';

const encodeFailed = (problem: string) =>
  expect.objectContaining({ code: 'encode-failed', message: `cannot be encoded: payload${problem}` });

describe('what is made of them', () => {
  const user = struct({
    id: varint.int,
    name: ord.string,
    manager: ord.ptr(struct({ id: varint.int })),
    tags: ord.slice(ord.string),
    scores: ord.record(raw.float64),
    groups: ord.map(varint.int, ord.bool),
    photo: ord.byteSlice,
  });

  it('arrives as it is', () => {
    const record = fc.record(
      {
        id: fc.maxSafeInteger(),
        name: fc.string({ unit: 'binary' }),
        manager: fc.option(fc.record({ id: fc.maxSafeInteger() }, { noNullPrototype: true })),
        tags: fc.array(fc.string({ unit: 'grapheme', maxLength: 100 })),
        scores: fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          fc.double(),
          { noNullPrototype: true },
        ),
        groups: fc.array(fc.tuple(fc.maxSafeInteger(), fc.boolean())).map((entries) => new Map(entries)),
        photo: fc.uint8Array(),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(record, (value) => {
        expect(sent(user, value)).toStrictEqual(value);
      }),
    );
  });

  it('is written as Go does: fields in the order of the struct, lengths in front', () => {
    const value = {
      photo: Buffer.of(9),
      groups: new Map([[1, true]]),
      scores: { a: 1 },
      tags: ['x', 'yz'],
      manager: { id: -1 },
      name: 'Ä',
      id: 1,
    };
    const hexOf = (manager: string) => `0202c384${manager}02017802797a010161000000000000f03f0102010109`;
    expect(written(user, value)).toBe(hexOf('0001'));
    expect(written(user, { ...value, manager: null })).toBe(hexOf('01'));
  });

  it('has types that follow from its parts', () => {
    expectTypeOf(user.read).returns.toEqualTypeOf<{
      id: number;
      name: string;
      manager: { id: number } | null;
      tags: string[];
      scores: Record<string, number>;
      groups: Map<number, boolean>;
      photo: Uint8Array;
    }>();
    type Input = Parameters<typeof user.write>[0];
    expectTypeOf<{
      readonly id: 1;
      readonly name: '';
      readonly tags: readonly [];
      readonly scores: Record<string, number>;
      readonly groups: ReadonlyMap<number, boolean>;
      readonly photo: Buffer;
    }>().toExtend<Input>();
    // @ts-expect-error: every field but those that may be undefined has to be there.
    const bad: Input = { id: 1 };
    expect(() => written(user, bad)).toThrow();
  });

  it('leaves nothing of the memory that it was read from', () => {
    const codec = codecOf(struct({ text: ord.string, bytes: ord.byteSlice }));
    const bytes = encode(codec, 0, { text: 'a text that is longer than a few characters', bytes: Buffer.from('xyz') });
    const value = decode(codec, bytes).value as { bytes: Uint8Array };
    bytes.fill(0);
    expect(value).toStrictEqual({
      text: 'a text that is longer than a few characters',
      bytes: new Uint8Array(Buffer.from('xyz')),
    });
    expect(value.bytes.buffer.byteLength).toBe(3);
  });

  it('takes undefined for a pointer that is nil, and for a struct without fields', () => {
    expect(sent(struct({ a: ord.ptr(ord.bool) }), {})).toStrictEqual({ a: null });
    expect(written(struct({}), undefined)).toBe('');
    expect(read(struct({}), '')).toStrictEqual({});
  });

  it("may be values of one's own", () => {
    const url = transform(
      ord.string,
      (value: URL) => value.href,
      (text) => new URL(text),
    );
    expect(sent(ord.slice(url), [new URL('http://localhost/')])).toStrictEqual([new URL('http://localhost/')]);
    expect(() => written(url, undefined)).toThrow(TypeError);
    expect(musRefusalOf(ord.slice(url), '010178')).toBe('Invalid URL');
    // What comes behind is not lost, and nobody is asked about what is refused already.
    expect(
      musRefusalOf(
        struct({
          a: ord.string,
          b: transform(ord.string, String, () => {
            throw new Error('asked');
          }),
        }),
        '01ff0178',
      ),
    ).toBe('a text is not valid UTF-8');
  });

  it.each<[what: string, AnyMusSerializer, value: unknown, problem: string]>([
    ['a field', user, { id: 1, name: 2 }, '.name is 2, not a string'],
    ['an element', ord.slice(ord.slice(ord.bool)), [[true], [true, 0]], '[1][1] is 0, not a boolean'],
    ['a hole', ord.slice(ord.string), new Array(1), '[0] is undefined, not a string'],
    [
      'an entry',
      ord.record(varint.int),
      { 'two words': 'x' },
      '["two words"] is "x", not a whole number from -9007199254740991 to 9007199254740991',
    ],
    ['an entry of a Map', ord.map(varint.int, ord.bool), new Map([[7, 1]]), '[7] is 1, not a boolean'],
    ['what is set', struct({ a: ord.ptr(struct({ b: ord.bool })) }), { a: {} }, '.a.b is undefined, not a boolean'],
    [
      'half of a surrogate pair',
      ord.string,
      'x\ud800',
      ' has half of a surrogate pair, which UTF-8 cannot express (see String.toWellFormed)',
    ],
    ['a text in place of bytes', ord.byteSlice, 'x', ' is "x", not a Uint8Array'],
    ['other than an array', ord.slice(ord.bool), { length: 0 }, ' is an object, not an array'],
    ['other than a Map', ord.map(ord.string, ord.bool), {}, ' is an object, not a Map'],
    [
      'a Map in place of an object',
      ord.record(ord.bool),
      new Map(),
      ' is a Map, not an object with an entry for each key',
    ],
    ['null', struct({ a: ord.bool }), null, ' is null, not an object'],
  ])('is not sent with what does not fit, and says where it is: %s', (_, serializer, value, problem) => {
    expect(() => written(serializer, value)).toThrow(encodeFailed(problem));
  });

  it.each<[what: string, hex: string]>([
    ['bytes that are never in UTF-8', '01ff'],
    ['half of a surrogate pair', '03eda080'],
    ['a long one', `40${'61'.repeat(63)}ff`],
  ])('fails its own request for a text that is no UTF-8: %s', (_, hex) => {
    expect(musRefusalOf(ord.string, hex)).toBe('a text is not valid UTF-8');
  });

  it.each<[what: string, AnyMusSerializer, hex: string, problem: string]>([
    ['a boolean', ord.bool, '02', 'malformed MUS payload: a boolean is 2, neither 0 nor 1'],
    ['a pointer', ord.ptr(ord.bool), '02', 'malformed MUS payload: a pointer starts with 2, neither 0 nor 1'],
  ])('closes the connection where the two sides cannot mean the same: %s', (_, serializer, hex, message) => {
    expect(() => read(serializer, hex)).toThrow(expect.objectContaining({ code: 'protocol-error', message }));
  });
});

describe('maxLength', () => {
  const cases: [what: string, AnyMusSerializer, fits: unknown, tooLong: unknown, got: number][] = [
    ['the bytes of a text', ord.string.maxLength(3), 'abc', 'äö', 4],
    ['bytes', ord.byteSlice.maxLength(3), new Uint8Array(3), new Uint8Array(4), 4],
    ['the elements of a slice', ord.slice(varint.int).maxLength(3), [1, 2, 3], [1, 2, 3, 4], 4],
    ['the entries of a record', ord.record(ord.bool).maxLength(1), { a: true }, { a: true, b: true }, 2],
    [
      'the entries of a map',
      ord.map(ord.bool, ord.bool).maxLength(1),
      new Map([[true, true]]),
      new Map([
        [true, true],
        [false, true],
      ]),
      2,
    ],
  ];

  it.each(cases)('limits %s that are sent', (_, serializer, fits, tooLong, got) => {
    expect(sent(serializer, fits)).toStrictEqual(fits);
    expect(() => written(serializer, tooLong)).toThrow(
      encodeFailed(` has the length ${got}, over the limit of ${got - 1}`),
    );
  });

  it('fails the request whose payload is too long, and reads on behind it', () => {
    const codec = codecOf(struct({ names: ord.slice(ord.string.maxLength(3)).maxLength(1), last: ord.bool }));
    const bytes = (hex: string) => Buffer.from(`00${hex}01`, 'hex');
    expect(decode(codec, bytes('01' + '03616263')).value).toStrictEqual({ names: ['abc'], last: true });
    for (const [hex, problem] of [
      ['01' + '0461626364', 'a text of 4 bytes is over the limit of 3'],
      ['02' + '0161' + '0162', 'a slice has the length 2, over the limit of 1'],
    ] as const) {
      const { value } = decode(codec, bytes(hex));
      expect((value as BadPayload).error).toStrictEqual(new Error(problem));
    }
  });

  it('may be 0, and must be a whole number', () => {
    expect(sent(ord.string.maxLength(0), '')).toBe('');
    for (const length of [-1, 1.5, Number.NaN, undefined as unknown as number]) {
      expect(() => ord.string.maxLength(length)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
  });
});

describe('a payload over the limit', () => {
  it.each<[what: string, AnyMusSerializer, value: unknown]>([
    ['a text', ord.string, 'x'.repeat(200)],
    ['a text of few characters and many bytes', ord.string, '漢'.repeat(90)],
    ['bytes', ord.byteSlice, new Uint8Array(200)],
    ['an array', ord.slice(varint.int), Array(200).fill(1)],
    ['an array of nothing', ord.slice(varint.int), new Array(4_000_000_000)],
    ['many small parts', ord.slice(ord.slice(raw.int64)), Array(40).fill([1n, 2n])],
    ['a map', ord.map(varint.int, ord.bool), new Map(Array.from({ length: 100 }, (_, index) => [index, true]))],
    [
      'numbers of a fixed size',
      struct(Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, raw.int64]))),
      Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, 1])),
    ],
  ])('is not sent: %s', (_, serializer, value) => {
    expect(() => encode(codecOf(serializer, 100), 0, value)).toThrow(
      expect.objectContaining({
        code: 'frame-too-large',
        message: expect.stringMatching(/100 bytes \(option 'maxFrameBytes'\)/),
      }),
    );
  });

  it('is not sent from one byte on, and is from one byte less', () => {
    for (const [serializer, value] of [
      [ord.string, 'x'.repeat(60)],
      [ord.slice(ord.string), ['a', 'bc']],
      [raw.int64, 1n],
    ] as [AnyMusSerializer, unknown][]) {
      const bytes = encode(codecOf(serializer), 0, value).length - 1;
      expect(encode(codecOf(serializer, bytes), 0, value)).toHaveLength(bytes + 1);
      expect(() => encode(codecOf(serializer, bytes - 1), 0, value)).toThrow(
        expect.objectContaining({ code: 'frame-too-large' }),
      );
      const frame = encode(codecOf(serializer), 0, value);
      expect(decode(codecOf(serializer, bytes), frame).value).toStrictEqual(value);
      expect(() => decode(codecOf(serializer, bytes - 1), frame)).toThrow(
        expect.objectContaining({ code: 'frame-too-large' }),
      );
    }
  });
});
