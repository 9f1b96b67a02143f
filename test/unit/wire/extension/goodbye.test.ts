import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeGoodbye, readGoodbye, shuttingDown } from '../../../../src/wire/extension/goodbye.ts';
import { codeOf } from './support.ts';

describe('a GOODBYE', () => {
  test('is read as it was written, and malformed cut anywhere', () => {
    const seqs = fc.oneof(fc.constantFrom(0, 127, 128, Number.MAX_SAFE_INTEGER), fc.maxSafeNat());
    fc.assert(
      fc.property(seqs, (seq) => {
        const bytes = Buffer.from(encodeGoodbye(seq));
        expect(readGoodbye(bytes)).toBe(seq);
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
        if (code === undefined) expect(Number.isSafeInteger(readGoodbye(Buffer.from(bytes)))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('means that what is above has not been executed', () => {
    expect(shuttingDown('Do', 'a:1')).toMatchObject({ code: 'closed', mayHaveExecuted: false });
  });
});
