import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeGoodbye, readGoodbye, shuttingDown } from '../../../../src/wire/extension/goodbye.ts';
import { runs } from '../../../support/runs.ts';
import { codeOf } from './support.ts';

describe('a GOODBYE', () => {
  test('is read as it was written, and malformed cut anywhere', () => {
    const seqs = fc.oneof(fc.constantFrom(0, 127, 128, Number.MAX_SAFE_INTEGER), fc.maxSafeNat());
    fc.assert(
      fc.property(seqs, (seq) => {
        const bytes = Buffer.from(encodeGoodbye(seq));
        expect(readGoodbye(bytes).lastSeq).toBe(seq);
        for (let end = 0; end < bytes.length; end++) {
          expect(codeOf(() => readGoodbye(bytes.subarray(0, end)))).toBe('protocol-error');
        }
      }),
    );
  });

  test('of any bytes is malformed, or names a Command', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const code = codeOf(() => readGoodbye(Buffer.from(bytes)));
        expect(code === undefined || code === 'protocol-error').toBe(true);
        if (code === undefined) expect(Number.isSafeInteger(readGoodbye(Buffer.from(bytes)).lastSeq)).toBe(true);
      }),
      { numRuns: runs(1_000) },
    );
  });

  test('says when to ask again, an hour at most, where its server does', () => {
    const told = (ms?: number) => readGoodbye(Buffer.from(encodeGoodbye(300, ms)));
    expect([undefined, 0, 0.5, 250, 1e9].map((ms) => told(ms).retryAfterMs)).toEqual([undefined, 0, 1, 250, 3_600_000]);
    expect(told(250).lastSeq).toBe(300);
    expect(shuttingDown('Do', 'a:1', 250)).toMatchObject({ code: 'closed', retryAfterMs: 250, retryable: true });
    expect(encodeGoodbye(300)).toEqual(Uint8Array.of(0xac, 0x02));
  });

  test('means that what is above has not been executed', () => {
    expect(shuttingDown('Do', 'a:1')).toMatchObject({ code: 'closed', mayHaveExecuted: false });
  });
});
