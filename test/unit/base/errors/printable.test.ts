import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CmdStreamError, printableError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { describeError, messageOf } from '../../../../src/base/errors/describe-error.ts';
import { escapeUnprintable, MAX_TEXT_LENGTH, printable } from '../../../../src/base/errors/printable.ts';
import { show } from '../../../../src/base/options/check.ts';
import { runs } from '../../../support/runs.ts';

/** What must never stand in a message: controls, separators of lines, bidirectional controls, half surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/u;

describe('a text of others', () => {
  it.each([
    ['\x1b[31mred\x1b]0;title\x07', '\\u001b[31mred\\u001b]0;title\\u0007'],
    ['a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['\x7f\x80\x9b2J', '\\u007f\\u0080\\u009b2J'],
    ['\u202egnp.exe\u2066x\u2069\u200f', '\\u202egnp.exe\\u2066x\\u2069\\u200f'],
    ['a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\u0085d'],
    ['\ud83d and \udc4d', '\\ud83d and \\udc4d'],
  ])('V11: is shown with what is not printable escaped: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(escapeUnprintable(text)).toBe(shown);
  });

  it.each(['Größe, naïve, 日本語, שלום, مرحبا', '👍 👨‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿 e\u0301 \u200c\u200d', 'C:\\new\\u001b "quoted"'])(
    'V11: stays as it is where it is plain text: %s',
    (text) => {
      expect(printable(text)).toBe(text);
    },
  );

  it('V11: is cut, at no half character and no half escape, whatever it is', () => {
    const unit = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\x1b', '\u202e', '\ud83d', '👍', 'x', '\\u00'),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 60 }), fc.integer({ min: 10, max: 80 }), (parts, maxLength) => {
        const text = parts.join('');
        const shown = printable(text, maxLength);
        expect(shown).not.toMatch(UNPRINTABLE);
        expect(shown.length).toBeLessThanOrEqual(maxLength);
        expect(printable(shown, maxLength), 'made printable twice').toBe(shown);
        if (shown !== escapeUnprintable(text))
          expect(escapeUnprintable(text).startsWith(shown.slice(0, -3))).toBe(true);
      }),
      { numRuns: runs(200) },
    );
  });

  it('V7: holds no memory of what was cut off', () => {
    const before = process.memoryUsage().heapUsed;
    const kept: string[] = [];
    for (let n = 0; n < 40; n++) kept.push(printable(Buffer.alloc(4_000_000, `${n}x`).toString()));
    expect(kept.every((text) => text.length === MAX_TEXT_LENGTH)).toBe(true);
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    // 40 x 4 MB, were they kept.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(40_000_000);
  });
});

describe('an error', () => {
  it('V11: is described on one line, and cut', () => {
    expect(describeError(new Error('a\r\n\x1bb'))).toBe('a\\r\\n\\u001bb');
    expect(describeError('\x9b')).toBe('\\u009b');
    expect(describeError(new Error('y'.repeat(5_000)))).toHaveLength(MAX_TEXT_LENGTH);
    expect(CmdStreamError.from(new Error('a\nb'), 'connect-failed', 'no').message).toBe('no: a\\nb');
    expect(messageOf(new Error('a\nb'))).toBe('a\nb');
  });

  it('V11: that quotes a peer is no cause as it is', () => {
    const plain = new TypeError('as it is');
    expect(printableError(plain)).toBe(plain);
    const safe = printableError(new SyntaxError('at \x1b[2J')) as Error;
    expect(safe.message).toBe('at \\u001b[2J');
    expect(safe.stack).not.toContain('\x1b');
    const own = new CmdStreamError('frame-too-large', 'a\nb', { mayHaveExecuted: true });
    expect(printableError(own)).toMatchObject({ code: 'frame-too-large', message: 'a\\nb', mayHaveExecuted: true });
    expect(printableError('\n')).toMatchObject({ message: expect.any(String) });
    expect(printableError(undefined)).toBeUndefined();
  });
});

describe('a value that is refused', () => {
  it('V11: is shown without what is not printable', () => {
    expect(show('\x9b\u202e\x1b')).toBe('"\\u009b\\u202e\\u001b"');
    expect(show(Symbol('\x1b'))).toBe('Symbol(\\u001b)');
    expect(show(10n ** 500n)).toHaveLength(60);
  });
});
