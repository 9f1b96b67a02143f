import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { json } from '../../../../src/protocol/codec/json/json.ts';
import { parseExactly } from '../../../../src/protocol/codec/json/json-reader.ts';
import { OwnTime } from '../../../support/own-time.ts';
import { runs } from '../../../support/runs.ts';
import { refusalOf, sent } from './support.ts';

const codec = json({ int64: 'bigint' });

/** A piece of JSON text and what it means: the reference, which is made from the meaning and not from a parser. */
interface Piece {
  readonly text: string;
  readonly value: unknown;
}

const digits = (maxLength: number) =>
  fc
    .array(fc.constantFrom(...'0123456789'), { minLength: 1, maxLength })
    .map((all) => all.join('').replace(/^0+(?=.)/, ''));

const wholeNumber: fc.Arbitrary<Piece> = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      digits(25),
      // Around the ends of what is safe, and of 64 bits.
      fc
        .tuple(
          fc.constantFrom(2n ** 53n, 2n ** 63n, 2n ** 64n, 10n ** 15n, 10n ** 16n),
          fc.bigInt({ min: -3n, max: 3n }),
        )
        .map(([end, distance]) => String(end + distance)),
    ),
  )
  .map(([sign, all]) => {
    const exact = BigInt(all) * (sign === '' ? 1n : -1n);
    const safe = exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER;
    const negativeZero = sign === '-' && exact === 0n;
    return { text: sign + all, value: safe ? (negativeZero ? -0 : Number(exact)) : exact };
  });

const otherNumber: fc.Arbitrary<Piece> = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits(20),
    fc.option(digits(20), { nil: undefined }),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'), digits(2)), { nil: undefined }),
  )
  .filter(([, , fraction, exponent]) => fraction !== undefined || exponent !== undefined)
  .map(([sign, whole, fraction, exponent]) => {
    const text = `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${exponent?.join('') ?? ''}`;
    return { text, value: Number(text) };
  });

/** Texts full of what could be taken for something else, each character escaped in one of the ways that JSON has. */
const string: fc.Arbitrary<{ text: string; value: string }> = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constantFrom('"', '\\', '\\"', '9007199254740993', ',-12345678901234567890]', '{', ':', '\n', '__proto__'),
        fc.string({ unit: 'binary', maxLength: 3 }),
      ),
      fc.boolean(),
    ),
    { maxLength: 6 },
  )
  .map((parts) => ({
    value: parts.map(([part]) => part).join(''),
    text: `"${parts.map(([part, escaped]) => (escaped ? escapeAll(part) : JSON.stringify(part).slice(1, -1))).join('')}"`,
  }));

function escapeAll(text: string): string {
  return Array.from(
    { length: text.length },
    (_, index) => `\\u${text.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}

const space = fc.constantFrom('', '', ' ', '\n\t', '\r ');

const piece = fc.letrec<{ piece: Piece }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    wholeNumber,
    otherNumber,
    string,
    fc.constantFrom<Piece>(
      { text: 'true', value: true },
      { text: 'false', value: false },
      { text: 'null', value: null },
    ),
    fc.tuple(fc.array(tie('piece'), { maxLength: 5 }), space).map(([items, gap]) => ({
      text: `[${gap}${items.map(({ text }) => text).join(`${gap},${gap}`)}${gap}]`,
      value: items.map(({ value }) => value),
    })),
    fc.tuple(fc.array(fc.tuple(string, tie('piece')), { maxLength: 5 }), space).map(([fields, gap]) => ({
      text: `{${gap}${fields.map(([key, { text }]) => `${key.text}${gap}:${gap}${text}`).join(`${gap},${gap}`)}${gap}}`,
      value: Object.fromEntries(fields.map(([key, { value }]) => [key.value, value])),
    })),
  ),
})).piece;

describe('json with int64', () => {
  it('reads every JSON text exactly: whole numbers that are not safe as bigints, all else as JSON.parse does', () => {
    fc.assert(
      fc.property(piece, space, ({ text, value }, gap) => {
        expect(parseExactly(gap + text + gap)).toStrictEqual(value);
      }),
      { numRuns: runs(1000) },
    );
  });

  it('reads a text without such numbers as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = JSON.parse(text);
        fc.pre(!JSON.stringify(value).match(/\d{16}/));
        expect(parseExactly(text)).toStrictEqual(value);
      }),
    );
  });

  it('refuses exactly what JSON.parse refuses', () => {
    fc.assert(
      fc.property(piece, fc.nat(), fc.constantFrom(...'0"\\,:[]{}e-. '), ({ text }, at, character) => {
        const position = at % (text.length + 1);
        const changed = text.slice(0, position) + character + text.slice(position);
        let refused = false;
        try {
          JSON.parse(changed);
        } catch {
          refused = true;
        }
        if (refused) expect(() => parseExactly(changed)).toThrow(SyntaxError);
        else expect(() => parseExactly(changed)).not.toThrow();
      }),
      { numRuns: runs(1000) },
    );
  });

  it.each<[text: string, value: unknown]>([
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['-9007199254740991', -9007199254740991],
    ['-9007199254740992', -9007199254740992n],
    ['9223372036854775807', 9223372036854775807n],
    ['18446744073709551615', 18446744073709551615n],
    ['[1234567890123456789]', [1234567890123456789n]],
    [
      '{"id":1234567890123456789,"name":"1234567890123456789"}',
      { id: 1234567890123456789n, name: '1234567890123456789' },
    ],
    ['{"1234567890123456789":-1234567890123456789}', { '1234567890123456789': -1234567890123456789n }],
    ['1234567890123456789.5', Number('1234567890123456789.5')],
    ['12345678901234567890e0', Number('12345678901234567890')],
    ['0.1234567890123456789', Number('0.1234567890123456789')],
    ['[-0,12345678901234567]', [-0, 12345678901234567n]],
    ['[1e999,12345678901234567]', [Number.POSITIVE_INFINITY, 12345678901234567n]],
    ['{"a":1,"a":12345678901234567}', { a: 12345678901234567n }],
  ])('reads %s', (text, value) => {
    expect(parseExactly(text)).toStrictEqual(value);
  });

  it('gives back every bigint that is not safe, and a number for every other', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) => {
        const number = Number(value);
        expect(sent(codec, { value })).toStrictEqual({ value: Number.isSafeInteger(number) ? number : value });
      }),
    );
  });

  it('makes "__proto__" a field where it reads by itself', () => {
    const value = parseExactly('{"__proto__":{"admin":12345678901234567}}') as { admin?: bigint };
    expect(value.admin).toBe(undefined);
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('refuses numbers that would take long to read', () => {
    expect(parseExactly('9'.repeat(1000))).toBe(BigInt('9'.repeat(1000)));
    expect(refusalOf(codec, Buffer.from(`[${'9'.repeat(1001)}]`))).toBe('a whole number of more than 1000 digits');
    expect(parseExactly(`${'9'.repeat(300)}.0`)).toBe(1e300);
  });

  it('takes a time that grows with the length of the text only', () => {
    const texts = [
      `["${'\\"'.repeat(1_000_000)}",12345678901234567]`,
      `["${'\\\\'.repeat(1_000_000)}",12345678901234567]`,
      `[${'12345678901234567,'.repeat(100_000)}1]`,
      `${' '.repeat(2_000_000)}12345678901234567`,
    ];
    using time = new OwnTime();
    for (const text of texts) parseExactly(text);
    expect(time.ms).toBeLessThan(3000);
  });
});
