import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Head, readHead as readBody, writeHeadFrame } from '../../../../src/wire/extension/head.ts';
import { checkMetadata, MAX_METADATA_BYTES, metadataOf, NO_METADATA } from '../../../../src/wire/extension/metadata.ts';
import { runs } from '../../../support/runs.ts';
import { codeOf, metadata, plain, written } from './support.ts';

/** What stands before the body: sequence number, type, length. */
const HEADER_BYTES = 1 + 2 + 2;
const bytesOf = (head: Head) => written((writer) => writeHeadFrame(writer, 1, head)).subarray(HEADER_BYTES);
const readHead = (bytes: Buffer) => {
  const head = readBody(bytes, 0, bytes.length);
  return { leftMs: head.leftMs, metadata: head.decode() };
};

const leftMs = fc.oneof(
  fc.constantFrom(undefined, Number.POSITIVE_INFINITY, 0, 1, 126, 127, 2 ** 31, 2 ** 52),
  fc.nat(),
);

describe('the head of a Command', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(leftMs, metadata, (left, texts) => {
        const head = readHead(bytesOf({ leftMs: left, metadata: texts }));
        expect(head.leftMs).toBe(left);
        expect(plain(head.metadata)).toEqual(plain(texts));
        expect(Object.getPrototypeOf(head.metadata)).toBeNull();
      }),
    );
  });

  test('has what is left in whole milliseconds, never less than there is; what is over is 0', () => {
    for (const [given, read] of [
      [0.2, 1],
      [-3, 0],
      [-0, 0],
      [1500.001, 1501],
    ] as const) {
      expect(readHead(bytesOf({ leftMs: given, metadata: NO_METADATA })).leftMs).toBe(read);
    }
  });

  test('has no deadline where that is further away than a number on the wire', () => {
    for (const far of [1e300, 2 ** 53, Number.MAX_VALUE]) {
      const bytes = bytesOf({ leftMs: far, metadata: NO_METADATA });
      expect(readHead(bytes).leftMs).toBe(Number.POSITIVE_INFINITY);
      expect(bytes.length).toBeLessThanOrEqual(10);
    }
  });

  test('holds keys of objects as any other', () => {
    const texts = metadataOf([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    const head = readHead(bytesOf({ leftMs: 5, metadata: texts }));
    expect(Object.keys(head.metadata)).toEqual(['__proto__', 'constructor']);
    expect(head.metadata.toString).toBeUndefined();
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });

  test('of two texts with one key the later counts', () => {
    const twice = Buffer.concat([Buffer.of(0), Buffer.from('\x01k\x01a'), Buffer.from('\x01k\x01b')]);
    expect(plain(readHead(twice).metadata)).toEqual({ k: 'b' });
  });

  test('does not keep the memory that it was read from', () => {
    const bytes = bytesOf({ leftMs: 5, metadata: metadataOf([['k', 'value']]) });
    const head = readHead(bytes);
    bytes.fill(0);
    expect(plain(head.metadata)).toEqual({ k: 'value' });
  });

  test('cut off anywhere is malformed, or has the texts before the cut', () => {
    fc.assert(
      fc.property(leftMs, metadata, (left, texts) => {
        const bytes = bytesOf({ leftMs: left, metadata: texts });
        for (let end = 0; end < bytes.length; end++) {
          const cut = bytes.subarray(0, end);
          const code = codeOf(() => readHead(cut));
          if (code === undefined) {
            const entries = Object.entries(readHead(cut).metadata);
            expect(Object.entries(texts).slice(0, entries.length)).toEqual(entries);
            expect(bytesOf({ leftMs: left, metadata: metadataOf(entries) })).toEqual(cut);
          } else expect(code).toBe('protocol-error');
        }
      }),
      { numRuns: runs(40) },
    );
  });

  test('of any bytes is malformed, or one that would be written so', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const code = codeOf(() => readHead(Buffer.from(bytes)));
        expect(code === undefined || code === 'protocol-error').toBe(true);
      }),
      { numRuns: runs(2_000) },
    );
  });

  test.each([
    ['no time', ''],
    ['half a time', '80'],
    ['a time above 2^53', 'ffffffffffffffffff01'],
    ['a time of more than 64 bits', 'ffffffffffffffffffff01'],
    ['an empty key', '00000161'],
    ['a key in capitals', '0001410161'],
    ['a key with a space', '00026120016b'],
    ['a key that is no UTF-8', '0001ff0161'],
    ['a key without a value', '00016b'],
    ['a value that is longer than all', '00016b0561'],
    ['a length above 2^53', '00016bffffffffffffffff7f'],
  ])('with %s is malformed', (_what, hex) => {
    expect(codeOf(() => readHead(Buffer.from(hex, 'hex')))).toBe('protocol-error');
  });

  test('with the most metadata, in as many texts as there can be, is not too long to be read', () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789._-'];
    const keys = letters.flatMap((one) => [one, ...letters.flatMap((two) => [one + two, `${one + two}a`])]);
    keys.sort((a, b) => a.length - b.length);
    const most: Record<string, string> = {};
    let bytes = 0;
    for (const one of keys) {
      bytes += one.length + 4;
      if (bytes > MAX_METADATA_BYTES) break;
      most[one] = '';
    }
    expect(Object.keys(most).length).toBeGreaterThan(1_000);
    const texts = checkMetadata('metadata', most);
    const head = bytesOf({ leftMs: 2 ** 40, metadata: texts });
    // What one frame may have; see control-frame.test.ts.
    expect(head.length).toBeLessThanOrEqual(8 * 1024);
    expect(plain(readHead(head).metadata)).toEqual(most);
  });
});
