import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BadPayload } from '../../../../src/protocol/codec/codec.ts';
import { msgpack } from '../../../../src/protocol/codec/msgpack/msgpack.ts';
import { OwnTime } from '../../../support/own-time.ts';
import { runs } from '../../../support/runs.ts';
import { decodePayload, encodePayload, refusalOf } from './support.ts';

const codec = msgpack();
const hex = (text: string) => Buffer.from(text, 'hex');

describe('a payload that is no MessagePack value', () => {
  it.each<[what: string, bytes: string, reason: string]>([
    ['nothing', '', 'cut off'],
    ['a value and something behind it', '0101', '1 bytes follow the MessagePack value'],
    ['a value and many behind it', `${'80'}${'c0'.repeat(50)}`, '50 bytes follow'],
    ['the byte that is never used', 'c1', 'the byte c1 is no MessagePack'],
    ['a number cut off', 'cd01', 'cut off'],
    ['a number without its bytes', 'cf', 'cut off'],
    ['a text cut off', 'a56162', 'cut off'],
    ['a text without its length', 'd9', 'cut off'],
    ['a text of 4 GB announced', 'dbffffffff61', 'cut off'],
    ['bytes of 4 GB announced', 'c6ffffffff61', 'cut off'],
    ['an array of 4 billion announced', 'ddffffffff01', 'cut off'],
    ['a map of 4 billion announced', 'dfffffffffa16101', 'cut off'],
    ['an array with an element too few', '93c0c0', 'cut off'],
    ['a map with a value too few', '82a161c0a162', 'cut off'],
    ['a map with a key alone', '81a161', 'cut off'],
    ['an array as a key', '819001', 'Invalid property type'],
    ['bytes as a key', '81c4016101', 'Invalid property type'],
    ['a timestamp of five bytes', 'c705ff0000000000', 'a MessagePack timestamp of 5 bytes'],
    ['a timestamp of no bytes', 'c700ff', 'a MessagePack timestamp of 0 bytes'],
    ['an extension cut off', 'd7ff0000', 'cut off'],
    ['an extension of 4 GB announced', 'c9ffffffffff', 'cut off'],
  ])('is refused: %s', (_, bytes, reason) => {
    expect(refusalOf(codec, hex(bytes))).toContain(reason);
  });
});

describe("msgpackr's extensions to MessagePack", () => {
  it.each<[what: string, bytes: string, type: number]>([
    ['undefined', 'd40000', 0],
    ['a record definition, from which it would make code', 'd4724091a16105', 0x72],
    ['a record definition of two bytes', 'd572400091a16105', 0x72],
    ['a pointer', 'd67000000001', 0x70],
    ['something that can be pointed to', 'd6690000000190', 0x69],
    ['a Set', 'd473009101', 0x73],
    ['an Error', 'd4650093a5', 0x65],
    ['a RegExp', 'd4780092a161a0', 0x78],
    ['a typed array', 'c7057407000080', 0x74],
    ['bundled texts', 'd66200000001', 0x62],
    ['a large bigint', 'c709420100000000000000000', 0x42],
  ])('are refused: %s', (_, bytes, type) => {
    // Padded, so that it is the extension that is refused and not its length.
    expect(refusalOf(codec, hex(`${bytes.slice(0, bytes.length & ~1)}${'00'.repeat(16)}`))).toBe(
      `MessagePack extension type ${type} is not supported`,
    );
  });

  it('are not the only ones refused: so is any that nobody has registered', () => {
    expect(refusalOf(codec, hex('d40100'))).toContain('Unknown extension 1');
    expect(refusalOf(codec, hex('c70301aabbcc'))).toContain('Unknown extension type 1');
  });

  it('are not met by values: what looks like a record stays a number', () => {
    expect(decodePayload(codec, hex('9240' + '41'))).toStrictEqual([0x40, 0x41]);
  });
});

/** Any JSON, but for a field of this name: msgpackr cannot carry it, so that it is refused. */
const sendable = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'));

describe('a hostile payload', () => {
  it('that is nested deeply is refused, at any depth', () => {
    for (const [open, close] of [
      ['91', 'c0'],
      ['81a161', 'c0'],
      ['81a0', ''],
      ['dc0001', 'c0'],
    ] as const) {
      for (const depth of [513, 100_000]) {
        expect(refusalOf(codec, hex(open.repeat(depth) + close))).toMatch(/deeper than 512 levels/);
      }
    }
    expect(decodePayload(codec, hex(`${'91'.repeat(512)}c0`))).not.toBeInstanceOf(BadPayload);
  });

  it('with text that is no UTF-8 has U+FFFD in its place', () => {
    for (const bytes of ['a2c328', '81a1ff01', `d94061${'62'.repeat(62)}ff`]) {
      expect(JSON.stringify(decodePayload(codec, hex(bytes)))).toContain('\ufffd');
    }
  });

  it('with a time that no Date can hold has an invalid Date', () => {
    expect(decodePayload(codec, hex('c70cff000000007fffffffffffffff'))).toStrictEqual(new Date(Number.NaN));
  });

  it('cannot get a text read many times over by means of bundles of texts', () => {
    const bundle = hex('d66200000000c0');
    const bytes = Buffer.concat([hex('dd00020000'), Buffer.alloc(0x20000 * 7, bundle), Buffer.alloc(4, 0xff)]);
    using time = new OwnTime();
    expect(refusalOf(codec, bytes)).toMatch(/type 98/);
    expect(time.ms).toBeLessThan(1000);
  });

  it('gets memory for no more elements than it has bytes, over all its arrays', () => {
    // Each of the arrays announces as many elements as bytes follow; only the first is within what the payload can hold.
    const bytes = Buffer.alloc(200_000, 0xc0);
    for (let level = 0; level < 500; level++) {
      bytes[level * 5] = 0xdd;
      bytes.writeUInt32BE(bytes.length - level * 5 - 5, level * 5 + 1);
    }
    const before = process.memoryUsage().heapUsed;
    expect(refusalOf(codec, bytes)).toMatch(/cut off/);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
  });

  it('is refused in a time that grows with its length only', () => {
    // Many texts, all refused only at the end.
    const bytes = Buffer.concat([hex('dd000f4240'), Buffer.alloc(1_000_000, 0xa0), hex('c1')]);
    using time = new OwnTime();
    expect(refusalOf(codec, bytes)).toMatch(/1 bytes follow/);
    expect(time.ms).toBeLessThan(2000);
  });

  it('of any bytes becomes a value or a BadPayload, and nothing else happens', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        decodePayload(codec, bytes);
      }),
      { numRuns: runs(3000) },
    );
  });

  it('that was a value before some bytes were changed becomes a value or a BadPayload', () => {
    const change = fc.record({ at: fc.nat(), to: fc.nat(255) });
    fc.assert(
      fc.property(sendable, fc.array(change, { minLength: 1, maxLength: 4 }), (value, changes) => {
        const bytes = encodePayload(codec, value);
        for (const { at, to } of changes) bytes[at % bytes.length] = to;
        const arrived = decodePayload(codec, bytes);
        // What is accepted is data of a depth and kind that can be sent on, but for Dates out of range.
        if (arrived instanceof BadPayload) expect((arrived.error as Error).message.length).toBeLessThan(300);
        else expect(() => encodePayload(codec, arrived)).not.toThrow(/^(?!.*invalid Date)/);
      }),
      { numRuns: runs(3000) },
    );
  });

  it('that is a value cut short anywhere is a BadPayload', () => {
    fc.assert(
      fc.property(sendable, (value) => {
        const bytes = encodePayload(codec, value);
        for (let length = 0; length < bytes.length; length++) {
          expect(decodePayload(codec, bytes.subarray(0, length))).toBeInstanceOf(BadPayload);
        }
      }),
      { numRuns: runs(100) },
    );
  });
});
