import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/compiled.ts';
import { proseLines, tableRows } from './markdown.ts';
import { textOf } from './pages.ts';

const FOLDER = 'test/e2e/go-flaws';

const flaws = tableRows(proseLines(textOf('docs/go-flaws.md'))).map((cells) => ({
  number: Number(cells[0]!.text),
  test: cells.at(-1)!.text.replaceAll('`', ''),
}));

/** The numbers of flaws that the sources under `test` cite, as `flaw 3` or `flaws 13 and 18`, and who does so. */
const cited = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/node_modules|docs/.test(path))
  .flatMap((path) =>
    [...readFileSync(join(ROOT, 'test', path), 'utf8').matchAll(/\bflaws? (\d+(?:(?:, | and )\d+)*)/gi)].flatMap(
      ([, numbers = '']) => numbers.split(/, | and /).map((number) => ({ path, number: Number(number) })),
    ),
  );

describe('the list of the flaws of Go', () => {
  it('numbers them one after the other', () => {
    expect(flaws.length).toBeGreaterThan(0);
    expect(flaws.map(({ number }) => number)).toEqual(flaws.map((_, index) => index + 1));
  });

  it('has every number that a test cites', () => {
    expect(cited.length).toBeGreaterThan(flaws.length);
    expect(cited.filter(({ number }) => !flaws.some((flaw) => flaw.number === number))).toEqual([]);
  });

  it.each(flaws)('names a test of flaw $number that is there and cites it', ({ number, test }) => {
    const path = join(ROOT, FOLDER, `${test}.test.ts`);
    expect(existsSync(path), path).toBe(true);
    expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`\\bflaw ${number}\\b`));
  });

  it('leaves out no test of a flaw', () => {
    const tests = readdirSync(join(ROOT, FOLDER)).filter((name) => name.endsWith('.test.ts'));
    expect(flaws.map(({ test }) => `${test}.test.ts`).sort()).toEqual(tests.sort());
  });
});
