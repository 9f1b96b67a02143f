import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NEED_MORE } from '../../../../src/base/bytes/byte-reader.ts';
import { ERROR_RESULT_TYPE, FIRST_RESERVED_TYPE, RESERVED_TYPES } from '../../../../src/protocol/reserved.ts';
import {
  ControlFrame,
  isControlNext,
  MAX_INTRODUCTION_BYTES,
  readControlFrame,
  writeControlFrame,
} from '../../../../src/wire/extension/control-frame.ts';
import { runs } from '../../../support/runs.ts';
import { codeOf, readerOf, written } from './support.ts';

const TYPES = Object.values(RESERVED_TYPES).filter((type) => type !== ERROR_RESULT_TYPE);
const MAX_HEAD_BYTES = 8 * 1024;
const varint = (value: number) => written((writer) => writer.writeVarint(value));

const frame = fc.record({
  seq: fc.oneof(fc.constantFrom(1, 127, 128, 2 ** 31, Number.MAX_SAFE_INTEGER), fc.integer({ min: 1 })),
  type: fc.constantFrom(...TYPES),
  body: fc.uint8Array({ maxLength: 400 }),
});

describe('a frame of the extension', () => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(frame, fc.uint8Array({ maxLength: 5 }), ({ seq, type, body }, behind) => {
        const bytes = written((writer) => writeControlFrame(writer, seq, type, body));
        const reader = readerOf(Buffer.concat([bytes, behind]));
        expect(reader.readVarint()).toBe(seq);
        expect(isControlNext(reader)).toBe(true);
        const read = new ControlFrame();
        expect(readControlFrame(reader, seq, read)).toBe(true);
        expect(read).toMatchObject({ seq, type, size: body.length });
        expect(Buffer.from(read.body)).toEqual(Buffer.from(body));
        expect(reader.available).toBe(behind.length);
      }),
    );
  });

  test('cut anywhere is not there yet, and says what is missing once that is known', () => {
    fc.assert(
      fc.property(frame, ({ seq, type, body }) => {
        const bytes = written((writer) => writeControlFrame(writer, seq, type, body));
        const header = bytes.length - body.length;
        for (let end = 0; end < bytes.length; end++) {
          const reader = readerOf(bytes.subarray(0, end));
          if (reader.readVarint() === NEED_MORE) continue;
          // With one byte of the type nobody can tell; the codec does not find a type in it either.
          if (!isControlNext(reader)) {
            expect(reader.available).toBeLessThan(2);
            continue;
          }
          reader.missing = 0;
          expect(readControlFrame(reader, seq, new ControlFrame())).toBe(false);
          if (end >= header) expect(reader.missing).toBe(body.length);
        }
      }),
      { numRuns: runs(60) },
    );
  });

  test('is told from Commands, Results and the error Result by its type', () => {
    for (const type of [
      0,
      1,
      127,
      128,
      255,
      FIRST_RESERVED_TYPE - 1,
      ERROR_RESULT_TYPE,
      ERROR_RESULT_TYPE + 1,
      2 ** 31,
    ]) {
      const reader = readerOf(Buffer.concat([varint(type), Buffer.alloc(3)]));
      expect(isControlNext(reader), String(type)).toBe(false);
    }
    for (const type of TYPES) expect(isControlNext(readerOf(varint(type))), String(type)).toBe(true);
  });

  test('is refused by its announcement where it is too long', () => {
    for (const type of TYPES) {
      const most =
        type === RESERVED_TYPES.hello || type === RESERVED_TYPES.welcome ? MAX_INTRODUCTION_BYTES : MAX_HEAD_BYTES;
      const announced = (length: number) =>
        codeOf(() => readControlFrame(readerOf(Buffer.concat([varint(type), varint(length)])), 1, new ControlFrame()));
      expect(announced(most)).toBeUndefined();
      expect(announced(most + 1)).toBe('protocol-error');
      expect(announced(Number.MAX_SAFE_INTEGER)).toBe('protocol-error');
    }
  });
});
