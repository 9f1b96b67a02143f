import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Scoreboard } from '../../../src/cli/scoreboard.ts';
import { Terminal } from '../../../src/cli/terminal.ts';

/** A terminal, or a pipe, and what has been written to it. */
function terminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, getColorDepth: () => 8 });
  const out = new Terminal(stream as unknown as NodeJS.WriteStream);
  return { out, written: () => String(stream.read() ?? '') };
}

const HOSTILE = '\x1b[31m\x07\r\n\x9b2J\x7f\u202e';
const ESCAPED = '\\u001b[31m\\u0007\\r\\n\\u009b2J\\u007f\\u202e';

describe.each([
  ['a terminal', true],
  ['a pipe', false],
])('%s', (_what, isTTY) => {
  it('R3-F1: gets no control characters but the line breaks of its lines', () => {
    const { out, written } = terminal(isTTY);
    out.line(HOSTILE, ' and ', HOSTILE);
    out.page(`a\x1b\nb`);
    expect(written()).toBe(`${ESCAPED} and ${ESCAPED}\na\\u001b\nb\n`);
  });

  it('R3-F1: gets styles of its own only', () => {
    const { out, written } = terminal(isTTY);
    out.line('-> ', out.paint('red', HOSTILE, out.paint('bold', HOSTILE)));
    out.heading(HOSTILE);
    new Scoreboard(out).expect(HOSTILE, HOSTILE, 5);
    const text = written();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
    const unstyled = text.replace(/\x1b\[\d+m/g, '');
    expect(unstyled).toBe(`-> ${ESCAPED}${ESCAPED}\n\n${ESCAPED}\n✗ ${ESCAPED} → ${ESCAPED}  (expected 5)\n`);
    expect(text).not.toContain('\x1b[31m\x07');
  });
});
