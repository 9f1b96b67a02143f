import { create, type DescMessage, toBinary } from '@bufbuild/protobuf';
import { ListValueSchema, StructSchema, ValueSchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { type AnyMusSerializer, mus, ord, struct, varint } from '../../../../src/mus.ts';
import { protobuf } from '../../../../src/protobuf.ts';
import { BadPayload, type Codec } from '../../../../src/protocol/codec/codec.ts';
import { json } from '../../../../src/protocol/codec/json/json.ts';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { KindsSchema } from '../../../interop/support/interop_pb.ts';
import { expectSame } from '../../../support/same.ts';
import { bind, decodePayload, encode, readerOf, refusalOf, sent } from './support.ts';

const MAX_BYTES = 64 * 1024;
const TOO_DEEP = 'nested deeper than 512 levels';

const codecs = [
  ['msgpack', msgpack()],
  ['json', json()],
  ['json with int64', json({ int64: 'bigint' })],
] as const;

/** So many arrays and objects, one within the other. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

describe.each(codecs)('V13: how deep a payload is, with %s', (_, codec) => {
  it('V13: is at most 512 levels when it is sent', () => {
    expect(sent(codec, nested(512))).toStrictEqual(nested(512));
    expect(() => encode(bind(codec), 0, nested(513))).toThrow(/nested deeper than 512 levels/);
  });
});

describe.each(codecs.slice(1))('V13: how deep a payload is that arrives, with %s', (_, codec) => {
  it.each([
    ['[', ']'],
    ['{"a":', '}'],
    ['{"]":[{"}":', '}]}'],
    [' [\n', '\t]'],
    ['["a \\" [[[ b",[1],', ']'],
  ])('V13: is at most 512 levels: %s', (open, close) => {
    const levels = [...open.replace(/"(\\.|[^"])*"/g, '').replace(/\[1\]/, '')].filter(
      (c) => c === '[' || c === '{',
    ).length;
    const text = (depth: number) => Buffer.from(`${open.repeat(depth)}12345678901234567890${close.repeat(depth)}`);
    const most = Math.floor((512 - (open.includes('[1]') ? 1 : 0)) / levels);
    expect(decodePayload(codec, text(most))).not.toBeInstanceOf(BadPayload);
    expect(refusalOf(codec, text(Math.floor(512 / levels) + 1))).toBe(TOO_DEEP);
    expect(refusalOf(codec, text(20_000))).toBe(TOO_DEEP);
  });

  it('V13: is not counted in texts', () => {
    for (const value of ['['.repeat(5000), { ['{'.repeat(5000)]: '\\"['.repeat(5000) }, Array(5000).fill([])]) {
      expectSame(sent(codec, value), value);
    }
  });

  it('V13: is found in 300,000 arrays as well', () => {
    expect(refusalOf(codec, Buffer.concat([Buffer.alloc(300_000, '['), Buffer.alloc(300_000, ']')]))).toBe(TOO_DEEP);
  });

  it('V13: does not hide what is no JSON', () => {
    const long = `["${'x'.repeat(3000)}"`;
    for (const text of [long, `${long}]]`, `["${'x'.repeat(3000)}`, `["${'x'.repeat(3000)}\\"]`, `${long},]`]) {
      expect(refusalOf(codec, Buffer.from(text))).toMatch(/JSON/);
    }
  });
});

describe('V13: how deep a payload is, with mus', () => {
  // A type that contains itself: MUS has no such thing, but a serializer of one's own may be.
  const itself: AnyMusSerializer = {
    name: 'node',
    minBytes: 1,
    write: (value: never, writer) => node.write(value, writer),
    read: (reader) => node.read(reader),
  };
  const node = struct({ next: ord.ptr(itself) }) as unknown as {
    write(value: never, writer: unknown): void;
    read(reader: unknown): unknown;
  };
  const codec = mus({ commands: { First: struct({ next: ord.ptr(itself) }) }, results: {} });
  const bound = codec.bind({ kind: 'command', types: ['First'], maxPayloadBytes: 1_000_000 });
  const chain = (length: number) => {
    let value: unknown = { next: null };
    for (let index = 1; index < length; index++) value = { next: value };
    return value;
  };

  it('V13: is at most 512 levels, both ways', () => {
    const bytes = encode(bound, 0, chain(256));
    const message = { type: 0, value: undefined as unknown };
    expect(bound.decode(readerOf(bytes), message)).toBe(true);
    expect(message.value).toStrictEqual(chain(256));
    expect(() => encode(bound, 0, chain(258))).toThrow(/nested deeper than 512 levels/);
    for (const depth of [600, 500_000]) {
      expect(() => bound.decode(readerOf(Buffer.alloc(depth)), message)).toThrow(
        expect.objectContaining({ code: 'protocol-error', message: expect.stringContaining(TOO_DEEP) }),
      );
    }
  });
});

describe('V13: how deep a payload is, with protobuf', () => {
  const of = (schema: DescMessage) => protobuf({ commands: { First: schema, Second: schema }, results: {} });
  const list = (levels: number) => {
    let value = create(ListValueSchema);
    for (let level = 1; level < levels; level++) {
      value = create(ListValueSchema, { values: [create(ValueSchema, { kind: { case: 'listValue', value } })] });
    }
    return value;
  };

  it('V13: is at most 512 levels, both ways; a Value is one as well', () => {
    const codec = of(ListValueSchema);
    expect(sent(codec, list(256))).toStrictEqual(list(256));
    const deep = expect.objectContaining({ code: 'encode-failed', message: expect.stringContaining(TOO_DEEP) });
    expect(() => encode(bind(codec), 0, list(257))).toThrow(deep);
    expect(refusalOf(codec, Buffer.from(toBinary(ListValueSchema, list(300))))).toBe(TOO_DEEP);
  });

  it('V13: is bounded where a message contains itself', () => {
    const codec = of(StructSchema);
    const loop = create(StructSchema);
    loop.fields.self = create(ValueSchema, { kind: { case: 'structValue', value: loop } });
    expect(() => encode(bind(codec), 0, loop)).toThrow(
      expect.objectContaining({ code: 'encode-failed', message: expect.stringContaining('contains itself') }),
    );
  });

  it('V13: is bounded for groups that nobody has declared', () => {
    expect(refusalOf(of(KindsSchema), Buffer.alloc(100_000, Buffer.of(0xa3, 0x06)))).toBe(TOO_DEEP);
  });
});

/** What is read of `payload` where payloads have at most `MAX_BYTES`, and what it is said to weigh. */
function weighed(codec: Codec, payload: Buffer, hasLength = true): { value: unknown; weight: number } {
  const bound = codec.bind({ kind: 'command', types: ['First'], maxPayloadBytes: MAX_BYTES });
  const length: number[] = [];
  for (
    let rest = payload.length;
    hasLength && length.push(rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest) && rest >= 0x80;
  )
    rest >>= 7;
  const message: { type: number; value: unknown; weight?: number } = { type: 0, value: undefined, weight: 0 };
  expect(bound.decode(readerOf(Buffer.concat([Buffer.of(0), Buffer.from(length), payload])), message)).toBe(true);
  return { value: message.value, weight: message.weight ?? 0 };
}

const many = (unit: string | number[], header: Buffer = Buffer.alloc(0)) => {
  const bytes = Buffer.from(unit as string);
  const count = Math.floor((MAX_BYTES - header.length) / bytes.length);
  return { bytes: Buffer.concat([header, Buffer.alloc(count * bytes.length, bytes)]), count };
};

/** A payload of `MAX_BYTES` that is an array of `unit`. */
function arrayOf(unit: string): Buffer {
  const header = Buffer.from('dd00000000', 'hex');
  const bytes = Buffer.from(unit, 'hex');
  header.writeUInt32BE(Math.floor((MAX_BYTES - 5) / bytes.length), 1);
  return Buffer.concat([header, Buffer.alloc(header.readUInt32BE(1) * bytes.length, bytes)]);
}

function jsonArrayOf(unit: string): Buffer {
  return Buffer.from(
    `[${Array(Math.floor((MAX_BYTES - 2) / (unit.length + 1)))
      .fill(unit)
      .join()}]`,
  );
}

/** A payload of `MAX_BYTES` that is a slice of elements of the same bytes. */
function sliceOf(element: number[]): Buffer {
  const count = Math.floor((MAX_BYTES - 3) / element.length);
  const header = Buffer.of((count & 0x7f) | 0x80, ((count >> 7) & 0x7f) | 0x80, count >> 14);
  return many(element, header).bytes.subarray(0, 3 + count * element.length);
}

const slices = (element: AnyMusSerializer) => mus({ commands: { First: ord.slice(element) }, results: {} });
const kinds = protobuf({ commands: { First: KindsSchema }, results: {} });

describe('R2, V9: a payload of few bytes that would take much memory', () => {
  it.each<[what: string, codec: Codec, payload: Buffer, hasLength: boolean]>([
    ['msgpack, empty maps', msgpack(), arrayOf('80'), true],
    ['msgpack, empty arrays', msgpack(), arrayOf('90'), true],
    ['msgpack, empty bins', msgpack(), arrayOf('c400'), true],
    ['msgpack, arrays of one', msgpack(), arrayOf('91c0'), true],
    ['msgpack, maps in arrays', msgpack(), arrayOf('9180'), true],
    ['json, empty objects', json(), jsonArrayOf('{}'), true],
    ['json with int64, empty objects', json({ int64: 'bigint' }), jsonArrayOf('{}'), true],
    ['json, objects in arrays', json(), jsonArrayOf('[{}]'), true],
    ['mus, empty slices', slices(ord.slice(ord.bool)), sliceOf([0]), false],
    ['mus, empty maps', slices(ord.map(ord.string, ord.bool)), sliceOf([0]), false],
    ['mus, empty records', slices(ord.record(ord.bool)), sliceOf([0]), false],
    ['mus, empty byte slices', slices(ord.byteSlice), sliceOf([0]), false],
    ['mus, structs of a nil', slices(struct({ a: ord.ptr(ord.bool) })), sliceOf([1]), false],
    ['mus, 64-bit zeros', slices(varint.int64), sliceOf([0]), false],
    ['protobuf, empty messages', kinds, many([0xaa, 0x01, 0]).bytes, true],
    ['protobuf, fields that nobody knows', kinds, many([0xa0, 0x06, 1]).bytes, true],
    [
      'protobuf, packed 64-bit zeros',
      kinds,
      Buffer.concat([Buffer.of(0x92, 0x01, 0xf0, 0xff, 0x03), Buffer.alloc(65_520)]).subarray(0, MAX_BYTES),
      true,
    ],
  ])('R2, V9: is refused unread: %s', (_, codec, payload, hasLength) => {
    expect(payload.length).toBeLessThanOrEqual(MAX_BYTES);
    const { value } = weighed(codec, payload, hasLength);
    expect(value).toBeInstanceOf(BadPayload);
    expect((value as BadPayload).reason).toMatch(
      /^its values would take (about|more than) [\d.]+ MiB of memory, over the limit of 1\.00 MiB \(16 times option 'maxFrameBytes'\)$/,
    );
  });

  it.each<[what: string, codec: Codec, payload: Buffer, hasLength: boolean]>([
    ['msgpack, small numbers', msgpack(), arrayOf('01'), true],
    ['msgpack, nothing', msgpack(), arrayOf('c0'), true],
    ['msgpack, empty texts', msgpack(), arrayOf('a0'), true],
    ['msgpack, floats', msgpack(), arrayOf('cb3ff199999999999a'), true],
    ['msgpack, objects of four fields', msgpack(), arrayOf('84a16101a16202a16303a16404'), true],
    ['msgpack, a text', msgpack(), Buffer.concat([Buffer.of(0xda, 0xff, 0xf0), Buffer.alloc(0xfff0, 'x')]), true],
    ['json, small numbers', json(), jsonArrayOf('1'), true],
    ['json, points', json(), jsonArrayOf('[1,2]'), true],
    ['json, objects', json(), jsonArrayOf('{"id":1,"name":"x"}'), true],
    ['mus, booleans', slices(ord.bool), sliceOf([1]), false],
    ['mus, texts', slices(ord.string), sliceOf([3, 97, 98, 99]), false],
  ])('R2, V9: is not what ordinary payloads are: %s', (_, codec, payload, hasLength) => {
    expect(weighed(codec, payload, hasLength).value).not.toBeInstanceOf(BadPayload);
  });

  it.each<[what: string, codec: Codec, payload: Buffer, hasLength: boolean, least: number]>([
    ['msgpack', msgpack(), arrayOf('82a16101a16202'), true, 9_000 * 60],
    ['json', json(), jsonArrayOf('[1,2,3]'), true, 8_000 * 40],
    ['mus', slices(ord.slice(ord.bool)), sliceOf([4, 1, 1, 1, 1]), false, 13_000 * 40],
    ['protobuf', kinds, Buffer.concat([Buffer.of(0x92, 0x01, 0x80, 0x40), Buffer.alloc(8192, 1)]), true, 8192 * 24],
  ])('R2, V9: is told with its weight to whoever bounds what is kept: %s', (_, codec, payload, hasLength, least) => {
    const { value, weight } = weighed(codec, payload, hasLength);
    expect(value).not.toBeInstanceOf(BadPayload);
    expect(weight).toBeGreaterThan(least);
    expect(weight).toBeLessThan(16 * MAX_BYTES);
  });
});

describe('json and bigints', () => {
  const beyond = (value: unknown) => () => encode(bind(json()), 0, value);
  const exact = json({ int64: 'bigint' });

  it('refuses one that would arrive rounded, and says what to do', () => {
    for (const id of [2n ** 53n, -(2n ** 53n), 2n ** 60n + 1n, -(10n ** 40n)]) {
      expect(beyond({ user: [id] })).toThrow(
        expect.objectContaining({
          code: 'encode-failed',
          message:
            "cannot be encoded: payload.user[0] is a bigint beyond ±(2^53 - 1), which would arrive rounded: use json({ int64: 'bigint' }) on both sides, or send a text",
        }),
      );
    }
    expect(sent(json(), [2n ** 53n - 1n, -(2n ** 53n) + 1n])).toStrictEqual([2 ** 53 - 1, -(2 ** 53) + 1]);
  });

  it('carries it exactly where both sides say so, up to 1000 digits', () => {
    const most = 10n ** 1000n - 1n;
    for (const id of [2n ** 60n + 1n, 2n ** 53n, most, -most]) expect(sent(exact, { id })).toStrictEqual({ id });
    for (const id of [most + 1n, -most - 1n, 10n ** 100_000n]) {
      expect(() => encode(bind(exact), 0, { id })).toThrow(/payload\.id is a bigint of more than 1000 digits/);
    }
  });
});
