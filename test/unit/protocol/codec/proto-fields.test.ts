import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { type AnyMusSerializer, ord, struct, varint } from '../../../../src/mus.ts';
import { protobuf } from '../../../../src/protobuf.ts';
import { json } from '../../../../src/protocol/codec/json/json.ts';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { KindsSchema } from '../../../interop/support/interop_pb.ts';
import { musRefusalOf, written } from './mus-support.ts';
import { bind, decodePayload, encode, refusalOf, sent } from './support.ts';

const REFUSED = "a field is called '__proto__', which no payload may have";
const codecs = [
  ['msgpack', msgpack()],
  ['json', json()],
  ['json with int64', json({ int64: 'bigint' })],
] as const;

describe.each(codecs)('F13: a field named __proto__, with %s', (_, codec) => {
  it.each<[where: string, text: string, path: string]>([
    ['outermost', '{"__proto__":{"isAdmin":true}}', ''],
    ['of no object', '{"__proto__":5}', ''],
    ['of null', '{"__proto__":null}', ''],
    ['within', '{"a":[{"b":{"__proto__":{}}}]}', '.a[0].b'],
  ])('F13: is refused when it is sent: %s', (_, text, path) => {
    for (const beside of [{}, { big: 1n, at: new Date(0) }]) {
      const value = { ...beside, payload: JSON.parse(text) };
      expect(() => encode(bind(codec), 0, value)).toThrow(
        expect.objectContaining({
          code: 'encode-failed',
          message: `cannot be encoded: payload.payload${path}.__proto__ is a field of a name that no payload may have: in JavaScript it stands for an object's prototype`,
        }),
      );
    }
  });

  it('F13: is not looked for in texts, and not mistaken for others', () => {
    const value = {
      text: '__proto__',
      list: ['__proto__', { name: '__proto__' }],
      __proto: 1,
      ___proto__: 2,
      __proto___: 3,
      constructor: { prototype: 4 },
      prototype: { __PROTO__: 5 },
      escaped: '\\u005f_proto__ \\u00',
    };
    expect(JSON.stringify(sent(codec, value))).toBe(JSON.stringify(value));
    expect(sent(codec, '__proto__')).toBe('__proto__');
  });

  it('F13: is no matter of what an object inherits', () => {
    expect(sent(codec, Object.create({ a: 1 }, { b: { value: 2, enumerable: true } }))).toStrictEqual({ b: 2 });
  });
});

describe.each(codecs.slice(1))('F13: %s, which reads what others write', (_, codec) => {
  const big = '12345678901234567890';
  it.each([
    '{"__proto__":{"isAdmin":true}}',
    '{"__proto__":null}',
    '[1,{"a":[{"__proto__":1}]}]',
    '{"\\u005f_proto__":{}}',
    '{"\\u005F\\u005Fproto\\u005f\\u005f":{}}',
    '{"__pr\\u006fto__":{}}',
    '{"\\u005f\\u005f\\u0070\\u0072\\u006f\\u0074\\u006f\\u005f\\u005f":1}',
    `{"big":${big},"__proto__":{}}`,
    `{"__proto__":${big}}`,
    `{"a":"${'x'.repeat(3000)}","__proto__":{}}`,
    `{"a":1,"__proto__":2,"__proto__":3}`,
  ])('F13: refuses it: %s', (text) => {
    expect(refusalOf(codec, Buffer.from(text))).toBe(REFUSED);
  });

  it('F13: takes texts that only look like it', () => {
    for (const text of ['"__proto__"', '{"a":"__proto__"}', '["\\u005f_proto__"]', '{"\\\\u005f_proto__":1}']) {
      expect(decodePayload(codec, Buffer.from(text))).toStrictEqual(JSON.parse(text));
    }
  });
});

describe('F13: msgpack, which reads what others write', () => {
  const name = Buffer.from('__proto__').toString('hex');

  it('F13: refuses it by every header of a text, in every map', () => {
    for (const key of ['a9', 'd909', 'da0009', 'db00000009']) {
      for (const map of ['81', 'de0001', 'df00000001']) {
        for (const [before, behind] of [
          ['', ''],
          ['92c0', ''],
          ['82a161c0a162', ''],
          ['9381a16101', '05'],
        ]) {
          const hex = `${before}${map}${key}${name}81a561646d696ec3${behind}`;
          expect(refusalOf(msgpack(), Buffer.from(hex, 'hex'))).toBe(REFUSED);
        }
      }
    }
    expect(refusalOf(msgpack(), Buffer.from(`82a16101a9${name}02`, 'hex'))).toBe(REFUSED);
  });

  it('F13: takes it for a value, and other keys that end alike', () => {
    expect(decodePayload(msgpack(), Buffer.from(`81a161a9${name}`, 'hex'))).toStrictEqual({ a: '__proto__' });
    expect(decodePayload(msgpack(), Buffer.from(`82a16190a162a9${name}`, 'hex'))).toStrictEqual({
      a: [],
      b: '__proto__',
    });
    expect(decodePayload(msgpack(), Buffer.from(`81aa78${name}01`, 'hex'))).toStrictEqual({ x__proto__: 1 });
    expect(decodePayload(msgpack(), Buffer.from(`92a9${name}80`, 'hex'))).toStrictEqual(['__proto__', {}]);
  });
});

describe('F13: mus', () => {
  const hex = `01${'09'}${Buffer.from('__proto__').toString('hex')}02`;

  it.each<[what: string, AnyMusSerializer, value: unknown]>([
    ['record', ord.record(varint.int), JSON.parse('{"__proto__":1}')],
    ['map', ord.map(ord.string, varint.int), new Map([['__proto__', 1]])],
  ])('F13: refuses it both ways: %s', (_, serializer, value) => {
    expect(() => written(serializer, value)).toThrow(
      /payload\.__proto__ is a field of a name that no payload may have/,
    );
    expect(musRefusalOf(serializer, hex)).toBe(REFUSED);
    // What comes behind is read on.
    expect(musRefusalOf(struct({ a: serializer, b: varint.int }), `${hex}04`)).toBe(REFUSED);
  });
});

describe('F13: protobuf', () => {
  const codec = protobuf({ commands: { First: KindsSchema, Second: KindsSchema }, results: {} });
  const withKey = (field: number, key: string) => {
    const entry = Buffer.concat([Buffer.of(0x0a, key.length), Buffer.from(key)]);
    const tag = field * 8 + 2;
    return Buffer.concat([Buffer.of((tag & 0x7f) | 0x80, tag >> 7, entry.length), entry]);
  };
  const map = (name: string) => KindsSchema.fields.find((field) => field.name === name)?.number as number;

  it.each(['map', 'empty_map', 'nested'])('F13: refuses it as the key of a map that arrives: %s', (name) => {
    expect(refusalOf(codec, withKey(map(name), '__proto__'))).toBe(REFUSED);
    const long = toBinary(KindsSchema, create(KindsSchema, { text: 'x'.repeat(3000) }));
    expect(refusalOf(codec, Buffer.concat([long, withKey(map(name), '__proto__')]))).toBe(REFUSED);
    expect(decodePayload(codec, withKey(map(name), 'x__proto__'))).toMatchObject({ $typeName: 'interop.Kinds' });
  });

  it('F13: refuses it when it is sent', () => {
    const payload = create(KindsSchema);
    payload.map = JSON.parse('{"a":1,"__proto__":2}');
    for (const key of Object.keys(payload.map)) {
      Object.defineProperty(payload.map, key, { value: 1n, enumerable: true });
    }
    expect(() => encode(bind(codec), 0, payload)).toThrow(
      expect.objectContaining({ code: 'encode-failed', message: expect.stringContaining("'__proto__'") }),
    );
  });

  it('F13: takes texts of it', () => {
    const payload = create(KindsSchema, {
      text: '__proto__',
      map: { a__proto__: 1n },
      structs: [{ name: '__proto__' }],
    });
    expect(sent(codec, payload)).toStrictEqual(payload);
  });
});
