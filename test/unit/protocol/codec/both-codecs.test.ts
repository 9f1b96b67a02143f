import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import type { Codec } from '../../../../src/protocol/codec/codec.ts';
import { json } from '../../../../src/protocol/codec/json/json.ts';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { runs } from '../../../support/runs.ts';
import { expectSame } from '../../../support/same.ts';
import { bind, decode, encode, encodePayload, readerOf, sent, valuesOf } from './support.ts';

const codecs: [name: string, codec: Codec][] = [
  ['msgpack', msgpack()],
  ['json', json()],
  ['json with int64', json({ int64: 'bigint' })],
];

/** Values that both formats carry as they are. */
const plain = valuesOf(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.maxSafeInteger(),
  // Without -0, which arrives as 0 by MessagePack.
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .filter((n) => !Number.isInteger(n) || Number.isSafeInteger(n))
    .map((n) => n || 0),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme', maxLength: 300 }),
);

describe.each(codecs)('%s', (_, codec) => {
  it('carries plain values as they are', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expectSame(sent(codec, value), value);
      }),
      { numRuns: runs(500) },
    );
  });

  it('keeps a message apart from its neighbours', () => {
    const bound = bind(codec);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(500), plain), { maxLength: 5 }), (messages) => {
        const writer = new ByteWriter(1);
        for (const [type, value] of messages) bound.encode(type, value, writer);
        const parts = messages.map(([type, value]) => encode(bound, type, value));
        expect(writer.buffer.subarray(0, writer.position).equals(Buffer.concat(parts))).toBe(true);
        expect(parts.map((part) => decode(bound, part))).toStrictEqual(
          messages.map(([type, value]) => ({ type, value })),
        );
      }),
      { numRuns: runs(100) },
    );
  });

  it('leaves nothing in the value that arrives of the memory it was read from', () => {
    const bound = bind(codec);
    const bytes = encode(bound, 0, {
      text: 'a text that is longer than a few characters',
      short: 'ab',
      bytes: Buffer.from('xyz'),
    });
    const reader = readerOf(bytes);
    const message = { type: -1, value: undefined as unknown };
    bound.decode(reader, message);
    const before = JSON.stringify(message.value);
    reader.buffer.fill(0);
    expect(JSON.stringify(message.value)).toBe(before);
  });

  it('leaves out fields that are undefined, and has null for other places that are', () => {
    const optional = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`k${index}`, index % 3 ? index : undefined]),
    );
    expect(Object.keys(sent(codec, optional) as object)).toHaveLength(13);
    expect(sent(codec, optional)).toStrictEqual(JSON.parse(JSON.stringify(optional)));
    expect(sent(codec, { a: undefined })).toStrictEqual({});
    expect(sent(codec, { a: undefined, b: 1n, c: undefined })).toStrictEqual({ b: 1 });
    expect(sent(codec, [undefined, 1])).toStrictEqual([null, 1]);
    // biome-ignore lint/suspicious/noSparseArray: that is the subject.
    expect(sent(codec, [, 1])).toStrictEqual([null, 1]);
    expect(sent(codec, undefined)).toBe(null);
  });

  it('sends objects by their own fields: of a class, without a prototype, or with toJSON by what that says', () => {
    class Point {
      readonly x = 1;
      readonly #secret = 2;
      get y() {
        return this.#secret;
      }
      static of = 3;
    }
    class Money {
      readonly cents = 199n;
      toJSON() {
        return { amount: '1.99' };
      }
    }
    expect(sent(codec, new Point())).toStrictEqual({ x: 1 });
    expect(sent(codec, Object.assign(Object.create(null), { a: 1 }))).toStrictEqual({ a: 1 });
    expect(sent(codec, Object.create({ inherited: 1 }))).toStrictEqual({});
    expect(sent(codec, [new Money(), { toJSON: () => 'said' }])).toStrictEqual([{ amount: '1.99' }, 'said']);
    expect(sent(codec, { toJSON: () => [5n, { toJSON: () => undefined }] })).toStrictEqual([5, null]);
    expect(sent(codec, new URL('http://localhost/'))).toBe('http://localhost/');
    expect(sent(codec, { toJSON: 'a field of that name' })).toStrictEqual({ toJSON: 'a field of that name' });
  });

  it.each<[what: string, value: unknown, problem: string]>([
    ['a function', { run: () => 1 }, 'payload.run is a function: only data can be sent'],
    ['a symbol', [1, Symbol('x')], 'payload[1] is a symbol: only data can be sent'],
    ['a Map', { users: [{ tags: new Map() }] }, 'payload.users[0].tags is of type Map: send it as plain data'],
    ['a Set', new Set([1]), 'payload is of type Set: send it as plain data'],
    ['an Error', { 'the cause': new Error('x') }, 'payload["the cause"] is of type Error: send it as plain data'],
    ['a RegExp', /x/, 'payload is of type RegExp: send it as plain data'],
    ['a Promise', { later: Promise.resolve(1) }, 'payload.later is of type Promise: send it as plain data'],
    [
      'a typed array of other than bytes',
      new Float32Array(3),
      'payload is of type Float32Array: send it as plain data',
    ],
    ['clamped bytes', new Uint8ClampedArray(3), 'payload is of type Uint8ClampedArray: send it as plain data'],
    ['an ArrayBuffer', new ArrayBuffer(3), 'payload is of type ArrayBuffer: send it as plain data'],
    ['a DataView', new DataView(new ArrayBuffer(3)), 'payload is of type DataView: send it as plain data'],
    ['a boxed number', Object(1), 'payload is of type Number: send it as plain data'],
    ['a generator', (function* () {})(), 'payload is of type Generator: send it as plain data'],
    ['an invalid Date', { at: new Date(Number.NaN) }, 'payload.at is an invalid Date'],
  ])('refuses %s, and says where it is', (_, value, problem) => {
    expect(() => encode(bind(codec), 0, value)).toThrow(
      expect.objectContaining({ code: 'encode-failed', message: `cannot be encoded: ${problem}` }),
    );
  });

  it('refuses a value that contains itself, or is nested too deeply', () => {
    const circle: Record<string, unknown> = {};
    circle.self = [circle];
    expect(() => encode(bind(codec), 0, circle)).toThrow(
      /^cannot be encoded: payload(\.self\[0\]){3}\.\.\.(\.self\[0\]){3} is nested deeper than 512 levels, or contains itself$/,
    );
    const endless = { toJSON: (): unknown => endless };
    expect(() => encode(bind(codec), 0, endless)).toThrow(/contains itself/);
    let deep: unknown = 1;
    for (let level = 0; level < 512; level++) deep = level % 2 ? [deep] : { deep };
    expect(sent(codec, deep)).toStrictEqual(deep);
    expect(() => encode(bind(codec), 0, [deep])).toThrow(/deeper than 512 levels/);
  });

  it('lets the error of a getter or a toJSON through', () => {
    const boom = new Error('boom');
    const value = {
      a: {
        toJSON() {
          throw boom;
        },
      },
    };
    expect(() => encode(bind(codec), 0, value)).toThrow(boom);
  });

  it.each<[what: string, value: unknown]>([
    ['a text', 'x'.repeat(100_000)],
    ['a text of few characters and many bytes', '漢'.repeat(90)],
    ['a field that is a text', { text: 'x'.repeat(100_000) }],
    ['a field of a long name', { ['x'.repeat(100_000)]: 1 }],
    ['bytes', new Uint8Array(100_000)],
    ['an array', Array(200).fill(1)],
    ['an array of nothing', new Array(4_000_000_000)],
    ['an object', Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, index]))],
    ['many small parts', Array.from({ length: 30 }, () => ['abc', { a: 1n }])],
    ['the same array many times over', Array.from({ length: 40 }).reduce((part) => [part, part], 1n)],
    ['the same object many times over', Array.from({ length: 40 }).reduce((part) => ({ a: part, b: part }), 1n)],
  ])('refuses %s over the limit', (_, value) => {
    const writer = new ByteWriter(1);
    expect(() => bind(codec, 100).encode(0, value, writer)).toThrow(
      expect.objectContaining({ code: 'frame-too-large', message: expect.stringMatching(/100.*'maxFrameBytes'/) }),
    );
    // It has given up before it took much memory.
    expect(writer.buffer.length).toBeLessThan(4096);
  });

  it('does not repeat a long name in its message', () => {
    expect(() => encode(bind(codec), 0, { ['x'.repeat(100_000)]: () => 1 })).toThrow(
      /^cannot be encoded: payload.{90,120} is a function/,
    );
  });

  it('says what it is that goes over the limit', () => {
    expect(() => encode(bind(codec, 100), 0, { users: [{ photo: new Uint8Array(200), id: 1n }] })).toThrow(
      "cannot be encoded: payload.users[0].photo makes it longer than 100 bytes (option 'maxFrameBytes')",
    );
  });

  it('takes what is exactly as long as the limit', () => {
    for (const value of ['x'.repeat(90), [1, 2, { a: 'b' }], Buffer.from('abc'), { a: 1n, b: [] }]) {
      const { length } = encodePayload(codec, value);
      expect(encode(bind(codec, length), 0, value)).toHaveLength(length + 2);
      expect(() => encode(bind(codec, length - 1), 0, value)).toThrow(
        expect.objectContaining({ code: 'frame-too-large' }),
      );
    }
  });

  it('may be used by a getter or toJSON of a payload, for another writer', () => {
    const bound = bind(codec);
    let inner: Buffer = Buffer.alloc(0);
    const value = {
      before: 'x'.repeat(100),
      nested: {
        toJSON() {
          inner = encode(bound, 1, { inner: ['y'.repeat(3000)] });
          return 'nested';
        },
      },
      after: 1n,
    };
    expect(decode(bound, encode(bound, 0, value))).toStrictEqual({
      type: 0,
      value: { before: 'x'.repeat(100), nested: 'nested', after: 1 },
    });
    expect(decode(bound, inner)).toStrictEqual({ type: 1, value: { inner: ['y'.repeat(3000)] } });
  });

  it('refuses that for the same writer: the inner message would stand in the middle of the outer one', () => {
    const bound = bind(codec);
    const writer = new ByteWriter(1);
    let refusal: unknown;
    const value = {
      before: [1, 2, 3],
      nested: {
        toJSON() {
          const start = writer.position;
          try {
            bound.encode(1, 'inner', writer);
          } catch (error) {
            refusal = error;
            writer.position = start;
          }
          return 'nested';
        },
      },
    };
    bound.encode(0, value, writer);
    expect(refusal).toMatchObject({
      code: 'encode-failed',
      message: "a command cannot be sent by a getter or toJSON of another's payload",
    });
    expect(decode(bound, writer.buffer.subarray(0, writer.position)).value).toStrictEqual({
      before: [1, 2, 3],
      nested: 'nested',
    });
    // A message that failed does not stand in the way of the next.
    writer.position = 0;
    expect(() => bound.encode(0, () => 1, writer)).toThrow();
    writer.position = 0;
    bound.encode(0, 'next', writer);
    expect(decode(bound, writer.buffer.subarray(0, writer.position)).value).toBe('next');
  });
});
