import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../../src/base/bytes/byte-reader.ts';
import type { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { type AnyMusSerializer, ord, raw, struct, transform, varint } from '../../../../src/mus.ts';
import type { MessageCodec } from '../../../../src/protocol/codec/codec.ts';
import { runs } from '../../../support/runs.ts';
import { expectSame } from '../../../support/same.ts';
import { codecOf, written } from './mus-support.ts';
import { decode, encode, LARGE, readerOf } from './support.ts';

/** Reads messages of which more and more arrives, as a channel does: with one reader, from the start of each message. */
class Arrivals {
  readonly values: unknown[] = [];
  /** How often the codec was asked. */
  attempts = 0;
  readonly #codec: MessageCodec;
  readonly #reader = new ByteReader();
  #pieces: Buffer[] = [];
  #waitingBytes = 0;
  #wantedBytes = 0;

  constructor(codec: MessageCodec) {
    this.#codec = codec;
  }

  arrive(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes < this.#wantedBytes) return;
    const waiting = Buffer.concat(this.#pieces);
    const reader = this.#reader;
    // Other memory each time, and other bytes around it.
    const { buffer, position, end } = readerOf(waiting);
    Object.assign(reader, { buffer, position, end });
    const message = { type: -1, value: undefined as unknown };
    let start = position;
    this.#wantedBytes = 0;
    while (reader.position < end) {
      reader.missing = 0;
      this.attempts++;
      if (!this.#codec.decode(reader, message)) {
        if (reader.missing > 0) this.#wantedBytes = reader.position - start + reader.missing;
        break;
      }
      this.values.push(message.value);
      start = reader.position;
    }
    const rest = waiting.subarray(start - position);
    this.#pieces = [rest];
    this.#waitingBytes = rest.length;
  }
}

const tree = struct({
  id: varint.int64,
  name: ord.string,
  parent: ord.ptr(struct({ id: raw.int32, path: ord.slice(ord.string) })),
  rows: ord.slice(struct({ key: ord.string, values: ord.slice(varint.float64), seen: ord.ptr(raw.timeUnixMilli) })),
  byId: ord.map(varint.uint, ord.record(ord.slice(ord.byteSlice))),
});

/** Some have a length of two bytes. */
const text = fc.string({ unit: 'grapheme', maxLength: 150 });
/** Without the one that no payload may have. */
const keys = text.filter((key) => key !== '__proto__');
const trees = fc.record(
  {
    id: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    name: text,
    parent: fc.option(fc.record({ id: fc.integer(), path: fc.array(text) }, { noNullPrototype: true })),
    rows: fc.array(
      fc.record(
        { key: text, values: fc.array(fc.double()), seen: fc.option(fc.date({ noInvalidDate: true })) },
        { noNullPrototype: true },
      ),
    ),
    byId: fc
      .array(fc.tuple(fc.maxSafeNat(), fc.dictionary(keys, fc.array(fc.uint8Array()), { noNullPrototype: true })))
      .map((entries) => new Map(entries)),
  },
  { noNullPrototype: true },
);

describe('a MUS message', () => {
  it('that arrives in pieces of any size is read as if it came at once, and so is what follows it', () => {
    fc.assert(
      fc.property(
        fc.array(trees, { minLength: 1, maxLength: 4, size: 'medium' }),
        fc.array(fc.nat(5000), { minLength: 1, maxLength: 20 }),
        (values, sizes) => {
          const codec = codecOf(tree);
          const arrivals = new Arrivals(codec);
          const bytes = Buffer.concat(values.map((value) => encode(codec, 0, value)));
          for (let at = 0, index = 0; at < bytes.length; index++) {
            const size = 1 + (sizes[index % sizes.length] as number);
            arrivals.arrive(bytes.subarray(at, at + size));
            at += size;
          }
          expectSame(arrivals.values, values);
        },
      ),
      { numRuns: runs(100) },
    );
  });

  it('that is large and arrives byte by byte is read once: at every byte reading stops, and goes on', () => {
    const padded = struct({ padding: ord.string, tree });
    fc.assert(
      fc.property(trees, (value) => {
        const codec = codecOf(padded);
        const whole = { padding: 'p'.repeat(2000), tree: value };
        const arrivals = new Arrivals(codec);
        for (const byte of encode(codec, 0, whole)) arrivals.arrive(Buffer.of(byte));
        expectSame(arrivals.values, [whole]);
      }),
      { numRuns: runs(50) },
    );
  });

  it('that is cut at any byte asks for more, and never for more than there will be', () => {
    fc.assert(
      fc.property(trees, (value) => {
        const codec = codecOf(tree);
        const bytes = encode(codec, 0, value);
        const message = { type: -1, value: undefined };
        for (let length = 0; length < bytes.length; length++) {
          const reader = readerOf(bytes.subarray(0, length));
          const start = reader.position;
          const isRead = codec.decode(reader, message);
          const wanted = reader.position - start + reader.missing;
          // At each of many thousand bytes: an expectation only where it fails.
          if (isRead || wanted > bytes.length || (reader.missing > 0 && wanted <= length))
            expect({ length, isRead, wanted }).toBe('sound');
        }
        expect(message.type).toBe(-1);
        expectSame(decode(codec, bytes).value, value);
      }),
      { numRuns: runs(20) },
    );
  });

  it('is not read all over again for each piece of it', () => {
    let reads = 0;
    const counted = transform(
      varint.int,
      (value: number) => value,
      (value) => {
        reads++;
        return value;
      },
    );
    const serializer = ord.slice(struct({ a: ord.slice(counted), b: ord.ptr(counted) }));
    const value = Array.from({ length: 5000 }, (_, index) => ({
      a: [index, -1 - index, 7],
      b: index % 2 ? index : null,
    }));
    const codec = codecOf(serializer);
    const arrivals = new Arrivals(codec);
    const bytes = encode(codec, 0, value);
    for (let at = 0; at < bytes.length; at += 100) arrivals.arrive(bytes.subarray(at, at + 100));
    expect(arrivals.values).toStrictEqual([value]);
    // What was read of the first bytes, where a message is still small, is read several times.
    expect(reads).toBeLessThan(17_500 + 5_000);
    expect(arrivals.attempts).toBeGreaterThan(300);
  });

  it('with a long text is not looked at again before all of that is there', () => {
    const codec = codecOf(struct({ a: ord.bool, text: ord.string }));
    const value = { a: true, text: 'x'.repeat(1_000_000) };
    const arrivals = new Arrivals(codec);
    const bytes = encode(codec, 0, value);
    for (let at = 0; at < bytes.length; at += 1000) arrivals.arrive(bytes.subarray(at, at + 1000));
    expect(arrivals.values).toStrictEqual([value]);
    expect(arrivals.attempts).toBe(2);
  });

  it('of one connection is not mixed up with that of another', () => {
    const codec = codecOf(ord.slice(ord.string));
    const values = ['a', 'b', 'c'].map((letter) => Array.from({ length: 500 }, () => letter.repeat(20)));
    const connections = values.map((value, index) => {
      const bytes = encode(codec, 0, value);
      // Some are ahead of others, so that the bytes of one would serve to go on with another.
      return { arrivals: new Arrivals(codec), bytes, pieceBytes: 1500 + 400 * index };
    });
    for (let piece = 0; piece < 10; piece++) {
      for (const { arrivals, bytes, pieceBytes } of connections) {
        const rest = bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes);
        if (rest.length > 0) arrivals.arrive(rest);
      }
    }
    expect(connections.map(({ arrivals }) => arrivals.values)).toStrictEqual(values.map((value) => [value]));
  });

  it('that was refused in its first piece is refused when it is whole', () => {
    const codec = codecOf(struct({ bad: ord.string, rows: ord.slice(ord.string) }));
    const arrivals = new Arrivals(codec);
    const bytes = encode(codec, 0, { bad: 'x', rows: Array(200).fill('0123456789') });
    bytes[2] = 0xff;
    for (const [from, to] of [
      [0, 1500],
      [1500, undefined],
    ] as const)
      arrivals.arrive(bytes.subarray(from, to));
    expect(arrivals.values).toMatchObject([{ error: { message: 'a text is not valid UTF-8' } }]);
  });
});

describe('hostile lengths', () => {
  const varintHex = (value: number | bigint) => written(varint.uint64, value);
  const limit = 1000;

  it.each<[what: string, AnyMusSerializer, hex: string]>([
    ['a text of 2^63 bytes', ord.string, varintHex(2n ** 63n)],
    ['a text of 2^64 - 1 bytes', ord.string, varintHex(2n ** 64n - 1n)],
    ['a text one byte too long', ord.string, varintHex(limit - 1)],
    ['bytes of 2^40', ord.byteSlice, varintHex(2 ** 40)],
    ['2^62 booleans', ord.slice(ord.bool), varintHex(2n ** 62n)],
    ['numbers of eight bytes', ord.slice(raw.float64), varintHex(limit / 8)],
    ['structs', ord.slice(struct({ a: ord.bool, b: raw.int64 })), varintHex(200)],
    ['entries', ord.map(ord.bool, raw.int64), varintHex(200)],
    ['entries of a record', ord.record(ord.bool), varintHex(500)],
    ['a slice within a slice', ord.slice(ord.slice(ord.bool)), `01${varintHex(999)}`],
  ])('are refused before anything is there: %s', (_, serializer, hex) => {
    const reader = readerOf(Buffer.from(`00${hex}`, 'hex'));
    expect(() => codecOf(serializer, limit).decode(reader, { type: -1, value: undefined })).toThrow(
      expect.objectContaining({ code: 'frame-too-large', message: expect.stringContaining("'maxFrameBytes'") }),
    );
  });

  it('within the limit take no memory before their elements come', () => {
    const codec = codecOf(ord.slice(ord.slice(raw.float64)));
    const bytes = Buffer.from(`00${varintHex(LARGE / 2)}${varintHex(LARGE / 32)}`, 'hex');
    const before = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 1000; round++) {
      expect(codec.decode(readerOf(bytes), { type: -1, value: undefined })).toBe(false);
    }
    const after = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    expect(after - before).toBeLessThan(50_000_000);
  });

  it('cannot announce elements that take no bytes: there are no such slices and maps', () => {
    const none = struct({});
    for (const make of [() => ord.slice(none), () => ord.map(none, ord.bool), () => ord.slice(struct({ none }))]) {
      expect(make).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    }
    expect(() => ord.record(none)).not.toThrow();
  });

  it('and any other bytes never make the reader read on behind them, or throw anything else', () => {
    const codec = codecOf(tree, 5000);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), trees, fc.nat(), (noise, value, at) => {
        const sound = encode(codecOf(tree), 0, value);
        const cut = at % sound.length;
        const bytes = Buffer.concat([sound.subarray(0, cut), noise, sound.subarray(cut + noise.length)]);
        const reader = readerOf(bytes);
        try {
          codec.decode(reader, { type: -1, value: undefined });
        } catch (error) {
          expect(['protocol-error', 'frame-too-large']).toContain((error as CmdStreamError).code);
        }
        expect(reader.position).toBeLessThanOrEqual(reader.end);
      }),
      { numRuns: runs(200) },
    );
  });
});
