import { createContext, runInContext } from 'node:vm';
import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { ord, raw } from '../../../../src/mus.ts';
import { protobuf } from '../../../../src/protobuf.ts';
import { json } from '../../../../src/protocol/codec/json/json.ts';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { KindsSchema } from '../../../interop/support/interop_pb.ts';
import { sent as sentByMus, written } from './mus-support.ts';
import { bind, encode, sent } from './support.ts';

const realm = createContext({ Buffer, SharedArrayBuffer });
/** A value of another realm: what a test runner's sandbox, or an addon, hands over. */
const far = (code: string): unknown => runInContext(`(${code})`, realm);

class OwnDate extends Date {}

const codecs = [
  ['msgpack', msgpack()],
  ['json', json()],
  ['json with int64', json({ int64: 'bigint' })],
] as const;

describe.each(codecs)('F19: %s, for values of another realm', (name, codec) => {
  const time = name === 'msgpack' ? (ms: number) => new Date(ms) : (ms: number) => new Date(ms).toISOString();
  const bytes = (text: string) => (name === 'msgpack' ? Buffer.from(text) : Buffer.from(text).toString('base64'));

  it.each<[what: string, value: unknown, arrives: unknown]>([
    ['a Date', far('new Date(0)'), time(0)],
    ['a Date within', far('{ list: [{ at: new Date(5) }] }'), { list: [{ at: time(5) }] }],
    ['a copy of a Date', structuredClone(new Date(5)), time(5)],
    ['a Date of a class of its own', new OwnDate(7), time(7)],
    ['bytes', far('new Uint8Array([97, 98])'), bytes('ab')],
    ['a part of bytes', far('new Uint8Array([1, 97, 98, 1]).subarray(1, 3)'), bytes('ab')],
    ['bytes that are shared', far('new Uint8Array(new SharedArrayBuffer(2)).fill(97)'), bytes('aa')],
    ['shared bytes of this one', new Uint8Array(new SharedArrayBuffer(2)).fill(97), bytes('aa')],
    ['a Buffer within', far("{ data: Buffer.from('ab') }"), { data: bytes('ab') }],
    ['an array', far('[1, [2]]'), [1, [2]]],
    ['an object', far('{ a: { b: 1 } }'), { a: { b: 1 } }],
    ['an object of a class', far('new (class Point { x = 1 })()'), { x: 1 }],
    ['what has a toJSON', far("{ toJSON: () => 'said' }"), 'said'],
    ['a Proxy of an array', new Proxy([1, 2], {}), [1, 2]],
    ['a Proxy of an object', new Proxy({ a: 1 }, {}), { a: 1 }],
    [
      'a Proxy of an object of a class',
      new Proxy(
        new (class Point {
          x = 1;
        })(),
        {},
      ),
      { x: 1 },
    ],
  ])('F19: sends %s as that of this one', (_, value, arrives) => {
    expect(sent(codec, value)).toStrictEqual(arrives);
  });

  it.each<[what: string, value: unknown, problem: string]>([
    ['a Map', far('new Map([[1, 2]])'), ' is of type Map: send it as plain data'],
    ['a Set', far('new Set([1])'), ' is of type Set: send it as plain data'],
    ['an Error', far("new Error('x')"), ' is of type Error: send it as plain data'],
    ['a RegExp', far('/x/'), ' is of type RegExp: send it as plain data'],
    ['a promise', far('Promise.resolve(1)'), ' is of type Promise: send it as plain data'],
    ['other numbers', far('new Float32Array(2)'), ' is of type Float32Array: send it as plain data'],
    ['an ArrayBuffer', far('new ArrayBuffer(2)'), ' is of type ArrayBuffer: send it as plain data'],
    ['an invalid Date', far('new Date(NaN)'), ' is an invalid Date'],
    ['a Proxy of a Date', new Proxy(new Date(0), {}), ' is a Proxy of a Date: send it as plain data'],
    [
      'a Proxy of a Date there',
      new Proxy(far('new Date(0)') as Date, {}),
      ' is a Proxy of a Date: send it as plain data',
    ],
    ['a Proxy of an own Date', new Proxy(new OwnDate(0), {}), ' is a Proxy of a Date: send it as plain data'],
    ['a Proxy of a Map', new Proxy(new Map(), {}), ' is a Proxy of a Map: send it as plain data'],
    ['a Proxy of a RegExp', new Proxy(/x/, {}), ' is a Proxy of a RegExp: send it as plain data'],
    ['a Proxy of an Error', new Proxy(new TypeError('x'), {}), ' is a Proxy of a TypeError: send it as plain data'],
    ['a Proxy of bytes', new Proxy(new Uint8Array(2), {}), ' is a Proxy of a Uint8Array: send it as plain data'],
    ['a Proxy of a boxed number', new Proxy(Object(1), {}), ' is a Proxy of a Number: send it as plain data'],
  ])('F19: refuses %s, and says where it is', (_, value, problem) => {
    for (const [payload, path] of [
      [value, ''],
      [{ user: [{ born: value }] }, '.user[0].born'],
    ] as const) {
      expect(() => encode(bind(codec), 0, payload)).toThrow(
        expect.objectContaining({ code: 'encode-failed', message: `cannot be encoded: payload${path}${problem}` }),
      );
    }
  });

  it('F19: asks no Date what time it is by a method of its own', () => {
    const date = new Date(3);
    date.getTime = () => {
      throw new Error('boom');
    };
    expect(sent(codec, [date, 1n])).toStrictEqual([time(3), 1]);
  });
});

describe('F19: mus, for values of another realm', () => {
  it('F19: takes Dates, bytes and Maps', () => {
    expect(sentByMus(raw.timeUnixMilli, far('new Date(5)'))).toStrictEqual(new Date(5));
    expect(sentByMus(ord.byteSlice, far('new Uint8Array([1, 2])'))).toStrictEqual(Uint8Array.of(1, 2));
    expect(sentByMus(ord.map(ord.string, ord.bool), far("new Map([['a', true]])"))).toStrictEqual(
      new Map([['a', true]]),
    );
    expect(sentByMus(ord.slice(ord.bool), far('[true]'))).toStrictEqual([true]);
  });

  it('F19: says what a Proxy is', () => {
    expect(() => written(raw.timeUnix, new Proxy(new Date(), {}))).toThrow('payload is a Proxy, not a Date');
    expect(() => written(ord.map(ord.string, ord.bool), new Proxy(new Map(), {}))).toThrow(
      'payload is a Proxy, not a Map',
    );
    expect(() => written(ord.record(ord.bool), far('new Map()'))).toThrow('payload is a Map, not an object');
    expect(() => written(ord.byteSlice, new Proxy(Buffer.of(1), {}))).toThrow('payload is a Proxy, not a Uint8Array');
  });
});

describe('F19: protobuf, for values of another realm', () => {
  it('F19: refuses bytes of it, rather than sending others', () => {
    const codec = protobuf({ commands: { First: KindsSchema, Second: KindsSchema }, results: {} });
    const payload = create(KindsSchema);
    payload.bytes = far('new Uint8Array([1])') as Uint8Array<ArrayBuffer>;
    let arrived: unknown;
    try {
      arrived = [...(sent(codec, payload) as typeof payload).bytes];
    } catch (error) {
      arrived = (error as Error).message;
    }
    expect([[1], expect.stringContaining('interop.Kinds.bytes')]).toContainEqual(arrived);
  });
});
