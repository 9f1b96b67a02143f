import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { CmdStreamError, type CmdStreamErrorCode } from '../../../../src/base/errors/cmd-stream-error.ts';
import { inlineCode, proseLines, section, tableRows } from '../../../docs/markdown.ts';

const page = proseLines(readFileSync('docs/errors.md', 'utf8'));
const rows = tableRows(section(page, '## The codes')).map(([codes, retryable]) => ({
  codes: inlineCode([codes!]).map(({ text }) => text as CmdStreamErrorCode),
  retryable: retryable!.text,
}));

it('docs/errors.md says of each code what `retryable` does', () => {
  const told = rows.flatMap(({ codes, retryable }) => codes.map((code) => [code, /^yes/.test(retryable)]));
  expect(told.map(([code]) => [code, new CmdStreamError(code as CmdStreamErrorCode, 'x').retryable])).toEqual(told);
  expect(new Set(told.map(([code]) => code)).size).toBe(told.length);
  expect(told).toHaveLength(22);
});

it('a code that another version has made up is as good as a defect', () => {
  const error = new CmdStreamError('of-tomorrow' as CmdStreamErrorCode, 'x');
  expect(error.retryable).toBe(false);
});
