import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadPayload } from '../../../../src/protocol/codec/codec.ts';
import { json } from '../../../../src/protocol/codec/json/json.ts';
import { runs } from '../../../support/runs.ts';
import { bind, decodePayload, encode, encodePayload, refusalOf, sent } from './support.ts';

const codec = json();
const text = (value: unknown) => encodePayload(codec, value).toString();
const arrived = (payload: string) => decodePayload(codec, Buffer.from(payload));

/** Any JSON, but for a field of this name, which is refused. */
const sendable = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'));

describe('json', () => {
  it('is the type, the length and the JSON text, as codec-json of Go has it', () => {
    expect(encode(bind(codec), 1, { A: 2, B: 3 }).toString('latin1')).toBe('\x01\x0d{"A":2,"B":3}');
  });

  it('reads what Go writes', () => {
    expect(arrived('{"A":2,"B":3}\n')).toStrictEqual({ A: 2, B: 3 });
    expect(arrived('5')).toBe(5);
    expect(arrived('"\\u003cb\\u003e \\u0026 \\u2028"')).toBe('<b> & \u2028');
    expect(arrived('{"B":[1e+21,1e-7,-0],"A":null}')).toStrictEqual({ B: [1e21, 1e-7, -0], A: null });
  });

  it('writes what JSON.stringify writes, where that loses nothing', () => {
    fc.assert(
      fc.property(sendable, (value) => {
        // That loses the sign of zero.
        const withoutNegativeZero = JSON.parse(JSON.stringify(value));
        expect(text(withoutNegativeZero)).toBe(JSON.stringify(value));
      }),
    );
  });

  it('writes plain values the same beside one that JSON.stringify would not take', () => {
    fc.assert(
      fc.property(sendable, (value) => {
        expect(text([value, 1n])).toBe(text([value, 1]));
      }),
    );
  });

  it('writes a bigint as a number, every digit of it', () => {
    expect(text({ id: 2n ** 53n - 1n, list: [-(2n ** 53n) + 1n, 0n] })).toBe(
      '{"id":9007199254740991,"list":[-9007199254740991,0]}',
    );
    const exact = encodePayload(json({ int64: 'bigint' }), { id: 2n ** 63n - 1n, list: [-(10n ** 40n), 0n] });
    expect(exact.toString()).toBe(`{"id":9223372036854775807,"list":[-1${'0'.repeat(40)},0]}`);
  });

  it('pays no heed to a toJSON that someone has given to bigints', () => {
    const prototype = BigInt.prototype as { toJSON?: () => string };
    prototype.toJSON = function () {
      return `${this}`;
    };
    try {
      expect(text([1n])).toBe('[1]');
    } finally {
      delete prototype.toJSON;
    }
  });

  it('writes bytes as base64 and Dates as RFC 3339, which Go reads as []byte and time.Time', () => {
    const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
    expect(text({ data: new Uint8Array([0, 1, 254, 255]) })).toBe('{"data":"AAH+/w=="}');
    expect(text([Buffer.from('hello').subarray(1, 4), new Uint8Array(0)])).toBe('["ZWxs",""]');
    expect(text({ at })).toBe('{"at":"2026-01-02T03:04:05.678Z"}');
    // Beside a value that is not plain as well.
    expect(text({ at, n: 1n })).toBe('{"at":"2026-01-02T03:04:05.678Z","n":1}');
  });

  it('keeps the sign of zero', () => {
    expect(text([-0, 0, { a: -0 }])).toBe('[-0,0,{"a":-0}]');
    expect(sent(codec, -0)).toBe(-0);
  });

  it('keeps half a surrogate pair, as an escape', () => {
    expect(text('a\ud800')).toBe('"a\\ud800"');
    for (const value of ['a\ud800', { '\udc00': ['\ud83d', 1n] }]) {
      expect(sent(codec, value)).toStrictEqual(JSON.parse(JSON.stringify(value, (_, x) => (x === 1n ? 1 : x))));
    }
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses %d: JSON would make it null',
    (n) => {
      expect(() => text({ prices: [1, n] })).toThrow(
        expect.objectContaining({
          code: 'encode-failed',
          message: `cannot be encoded: payload.prices[1] is ${n}, which JSON cannot express`,
        }),
      );
    },
  );

  it('rounds whole numbers beyond 2^53 - 1 that arrive, unless it is told otherwise', () => {
    expect(arrived('[9007199254740993,9007199254740991]')).toStrictEqual([9007199254740992, 9007199254740991]);
  });

  it('refuses options that do not exist', () => {
    expect(() => json({ int46: 'bigint' } as never)).toThrow("json() has no option 'int46'; did you mean 'int64'?");
    expect(() => json({ int64: 'string' } as never)).toThrow(
      "option 'int64' must be 'number' or 'bigint'; got \"string\"",
    );
    expect(() => json(null as never)).toThrow('the options of json() must be an object; got null');
  });
});

describe.each([
  ['json', json()],
  ['json with int64', json({ int64: 'bigint' })],
])('%s refuses a payload', (_, codec) => {
  it.each<[what: string, payload: string | Buffer]>([
    ['of nothing', ''],
    ['of white space', ' \n'],
    ['with something behind the value', '{} {}'],
    ['with a number behind the value', '1 1234567890123456789'],
    ['with a byte order mark', '\ufeff1'],
    ['that is cut off', '{"a":1'],
    ['with a trailing comma', '[1,]'],
    ['with a leading zero', '[01234567890123456789]'],
    ['with a plus sign', '+1'],
    ['with NaN', 'NaN'],
    ['with a comment', '1 /* one */'],
    ['with single quotes', "'a'"],
    ['with a line feed in a text', '"a\nb"'],
    ['that is no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22])],
    ['with half a surrogate pair in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['with an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['in UTF-16', Buffer.from('{"a":1}', 'utf16le')],
  ])('%s', (_, payload) => {
    expect(refusalOf(codec, Buffer.from(payload))).not.toBe('');
  });

  it('never for the replacement character itself', () => {
    expect(decodePayload(codec, Buffer.from('"a\ufffdb"'))).toBe('a\ufffdb');
  });

  it('by handing over a BadPayload, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const value = decodePayload(codec, bytes);
        if (!(value instanceof BadPayload)) expect(encodePayload(codec, value)).toBeInstanceOf(Buffer);
      }),
      { numRuns: runs(1000) },
    );
  });
});
