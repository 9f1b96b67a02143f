import { CmdStreamError, type CmdStreamErrorCode } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { blamesService } from '../../src/sender/hooks/blame.ts';
import { inlineCode, proseLines, section, tableRows } from './markdown.ts';
import { textOf } from './pages.ts';

const page = proseLines(textOf('docs/errors.md'));
const rows = tableRows(section(page, '## The codes'));
const codesOf = (row: (typeof rows)[number]) => inlineCode([row[0]!]).map(({ text }) => text as CmdStreamErrorCode);
const codes = rows.flatMap(codesOf);

describe('the page on errors', () => {
  it('has each code once', () => {
    const guide = tableRows(proseLines(textOf('docs/guide/errors.md'))).map(([cell]) => cell!);
    expect([...codes].sort()).toEqual(
      inlineCode(guide)
        .map(({ text }) => text)
        .sort(),
    );
  });

  it('D4: lists what counts for the circuit breaker: unavailable as well', () => {
    const paragraph = section(page, '## What counts as a failure').slice(0, 4);
    const listed = inlineCode(paragraph).map(({ text }) => text);
    const sent = { command: { name: 'Add', type: 0, payload: 0 }, seq: 1, size: 1, clientId: 0 } as never;
    const blamed = codes.filter((code) => blamesService(new CmdStreamError(code, ''), sent));
    expect(blamed).toContain('unavailable');
    expect(listed.filter((text) => (codes as readonly string[]).includes(text)).sort()).toEqual(blamed.sort());
    expect(textOf('docs/guide/resilience.md')).toMatch(/`unavailable`\) count as failures/);
  });

  it('tells of each code whether it is retryable', () => {
    for (const row of rows) {
      const told = row[1]!.text.trim();
      // Those two depend on more than the code.
      if (/^(where|for) /.test(told)) continue;
      for (const code of codesOf(row)) {
        expect([code, new CmdStreamError(code, '').retryable ? 'yes' : 'no']).toEqual([code, told.split(/\W/)[0]]);
      }
    }
  });
});
