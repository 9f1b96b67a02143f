import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creditOf, encodeCredit, MAX_CREDIT, readCredit } from '../../../../src/wire/extension/credit.ts';

const read = (bytes: Uint8Array) => readCredit(Buffer.from(bytes), 0, bytes.length);
const PROTOCOL_ERROR = expect.objectContaining({ code: 'protocol-error' });

describe('the body of a CREDIT', () => {
  it('is two numbers: Results and bytes', () => {
    expect([...encodeCredit(1, 300)]).toEqual([1, 0xac, 2]);
  });

  it('is read as it was written, wherever it stands', () => {
    const amount = fc.maxSafeNat();
    fc.assert(
      fc.property(amount, amount, fc.nat({ max: 5 }), (results, bytes, at) => {
        const body = encodeCredit(results, bytes);
        const buffer = Buffer.concat([Buffer.alloc(at, 0xff), body, Buffer.alloc(at, 0xff)]);
        expect(readCredit(buffer, at, at + body.length)).toEqual({ results, bytes });
      }),
    );
  });

  it.each([
    ['nothing', []],
    ['one number', [5]],
    ['a number that is cut off', [5, 0x80]],
    ['three numbers', [5, 6, 7]],
    ['a number above 2^53', [5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ])('is refused where it is %s', (_, bytes) => {
    expect(() => read(Uint8Array.from(bytes))).toThrow(PROTOCOL_ERROR);
  });
});

describe('the credit in a HELLO', () => {
  it('is what it says, or nothing', () => {
    expect(creditOf(undefined)).toBeUndefined();
    expect(creditOf({ results: 1, bytes: MAX_CREDIT, later: 3 })).toEqual({ results: 1, bytes: MAX_CREDIT });
  });

  it.each([null, 5, 'much', [], {}, { results: 1 }, { results: 0, bytes: 1 }, { results: 1.5, bytes: 1 }])(
    'is refused where it is %j',
    (value) => {
      expect(() => creditOf(value)).toThrow(PROTOCOL_ERROR);
    },
  );
});
