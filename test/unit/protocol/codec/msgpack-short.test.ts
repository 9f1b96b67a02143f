import fc from 'fast-check';
import { Packr, Unpackr } from 'msgpackr/pack';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { PlainMaker } from '../../../../src/protocol/codec/msgpack/msgpack-plain.ts';
import { scanMessagePack } from '../../../../src/protocol/codec/msgpack/msgpack-scan.ts';
import { NOT_SHORT, readShort } from '../../../../src/protocol/codec/msgpack/short-reader.ts';
import { writeShort } from '../../../../src/protocol/codec/msgpack/short-writer.ts';
import { MIN_TOLD_BYTES } from '../../../../src/protocol/codec/refused-payload.ts';

const plain = new PlainMaker(1_000_000);
const packr = new Packr({
  useRecords: false,
  encodeUndefinedAsNil: true,
  variableMapSize: true,
  useToJSON: false,
});
const unpackr = new Unpackr({ useRecords: false, copyBuffers: true, int64AsType: 'auto' as 'bigint' });

function packed(value: unknown): Buffer {
  return Buffer.from(packr.pack(plain.make(value)));
}

/** The bytes of a value that is short; nothing where it is not. */
function shortBytes(value: unknown): Buffer | undefined {
  const writer = new ByteWriter(8);
  writer.writeByte(7);
  if (!writeShort(value, writer)) {
    expect(writer.position, 'what is not short leaves nothing').toBe(1);
    return undefined;
  }
  return Buffer.from(writer.buffer.subarray(1, writer.position));
}

const NUMBERS = [0, 1, -1, 31, 32, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, -32, -33];
const MORE = [-128, -129, -32_768, -32_769, -(2 ** 31), 0.5, -0.1, 1e300, Number.POSITIVE_INFINITY, -0, 5e-324];
const LEFT = [
  2 ** 32,
  2 ** 53 - 1,
  -(2 ** 31) - 1,
  Number.NaN,
  1n,
  '\ud800',
  'x'.repeat(64),
  Object.create(null),
  new Date(0),
];

const number = fc.oneof(
  fc.constantFrom(...NUMBERS, ...MORE),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: false }),
);
const text = fc.oneof(fc.string({ maxLength: 70 }), fc.string({ unit: 'binary', maxLength: 8 }));
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    number,
    text,
    fc.constantFrom(null, undefined, true, false),
    fc.array(tie('value'), { maxLength: 18 }),
    fc.dictionary(fc.oneof(fc.string({ maxLength: 12 }), text, fc.constant('__proto__')), tie('value'), {
      maxKeys: 18,
    }),
  ),
})).value;

describe('a short payload', () => {
  it.each([...NUMBERS, ...MORE])('%d is written and read by hand', (number) => {
    for (const whole of [number, [number], { number }]) {
      const bytes = shortBytes(whole);
      expect(bytes).toEqual(packed(whole));
      expect(readShort(bytes as Buffer, 0, bytes?.length ?? 0)).toEqual(unpackr.unpack(packed(whole)));
    }
  });

  it.each(LEFT)('%s is left to msgpackr', (value) => {
    for (const whole of [value, [value], { value }]) expect(shortBytes(whole)).toBeUndefined();
  });

  it.each([
    'é',
    '\ufffd',
    '漢字',
    '😀',
    `${'x'.repeat(30)}é`,
    'é'.repeat(15),
    'é'.repeat(16),
    '漢'.repeat(63),
    '😀'.repeat(31),
  ])('may be %s', (text) => {
    for (const whole of [text, { text }, { [text]: 1 }]) {
      const bytes = shortBytes(whole) as Buffer;
      expect(bytes).toEqual(packed(whole));
      const read = readShort(bytes, 0, bytes.length);
      if (read !== NOT_SHORT) expect(read).toEqual(whole);
    }
  });

  it('is what most Commands and Results are', () => {
    const usual = {
      id: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
      lines: [{ sku: 'A-1', count: 2 }],
      price: 9.5,
      paid: true,
    };
    const bytes = shortBytes(usual) as Buffer;
    expect(bytes).toEqual(packed(usual));
    expect(readShort(bytes, 0, bytes.length)).toEqual(usual);
    expect(readShort(bytes, 0, bytes.length - 1)).toBe(NOT_SHORT);
  });

  it('has the bytes that msgpackr makes of it', () => {
    let short = 0;
    fc.assert(
      fc.property(value, (value) => {
        const bytes = shortBytes(value);
        if (bytes === undefined) return;
        short++;
        expect(bytes).toEqual(packed(value));
      }),
      { numRuns: 2_000 },
    );
    expect(short).toBeGreaterThan(200);
  });

  it('is read to the value that msgpackr reads, of whatever bytes, where they are sound', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      value.map((value) => tryPack(value)),
      fc.tuple(value, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
        const changed = tryPack(value);
        if (changed.length > 0) changed[at % changed.length] = byte;
        return changed;
      }),
    );
    let short = 0;
    fc.assert(
      fc.property(bytes, (bytes) => {
        const buffer = Buffer.from([9, ...bytes, 0x01]);
        const read = readShort(buffer, 1, buffer.length - 1);
        if (read === NOT_SHORT) return;
        short++;
        const alone = Buffer.from(bytes);
        expect(scanMessagePack(alone, 0, alone.length)).toBeLessThan(MIN_TOLD_BYTES);
        expect(read).toStrictEqual(unpackr.unpack(alone));
      }),
      { numRuns: 4_000 },
    );
    expect(short).toBeGreaterThan(400);
  });

  it.each([
    ['a field named __proto__', Buffer.from('81a95f5f70726f746f5f5f01', 'hex')],
    ['a text that is no UTF-8', Buffer.from('a2c328', 'hex')],
    ['a key that is a number', Buffer.from('810102', 'hex')],
    ['more than it announces', Buffer.from('0101', 'hex')],
    ['an array of many values', Buffer.from(`9f${'c0'.repeat(14)}9f`, 'hex')],
    ['many empty arrays', Buffer.from(`9f${'90'.repeat(15)}`.repeat(1), 'hex')],
  ])('is not one with %s', (_, bytes) => {
    expect(readShort(bytes, 0, bytes.length)).toBe(NOT_SHORT);
  });
});

function tryPack(value: unknown): Uint8Array {
  try {
    return packed(value);
  } catch {
    return new Uint8Array();
  }
}
