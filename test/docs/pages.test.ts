import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveSenderOptions } from '../../src/sender/resolve-options.ts';
import { resolveServerOptions } from '../../src/server/options.ts';
import { type Compiled, compile, ROOT } from '../support/compiled.ts';
import { headings, links, type Piece, proseLines, section, tableRows } from './markdown.ts';
import { DOCS, examplesOf, textOf } from './pages.ts';
import { typeCheck } from './snippets.ts';

const PAGES = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'test/README.md', ...DOCS];

/** The pages in depth whose examples take for granted what those of the guide do. */
const IN_DEPTH = [
  'docs/codecs.md',
  'docs/connections.md',
  'docs/errors.md',
  'docs/limits.md',
  'docs/metrics.md',
  'docs/security.md',
];

const protocol = examplesOf('README.md').find(({ fileName }) => fileName === 'calc.ts')!;
const examples = IN_DEPTH.map((page) => ({ page, snippets: examplesOf(page) }));

let compiled: Compiled;
/** In the package's own folder, so that `cmd-stream` is found. */
let folder = '';
let complaints: Map<string, string[]>;

beforeAll(async () => {
  compiled = await compile();
  folder = await mkdtemp(join(compiled.folder, 'pages-'));
  complaints = await typeCheck(folder, [protocol, ...examples.flatMap(({ snippets }) => snippets)]);
});

afterAll(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

describe('the pages', () => {
  it.each(examples)('$page has examples that compile', ({ snippets }) => {
    expect(snippets.length).toBeGreaterThan(0);
    for (const { fileName } of snippets) expect(complaints.get(fileName), fileName).toEqual([]);
  });

  it.each(PAGES)('%s links to files and headings that are there', (page) => {
    const inside = links(proseLines(textOf(page))).filter(({ text }) => !text.startsWith('https:'));
    expect(inside.filter(({ text }) => !leadsSomewhere(page, text))).toEqual([]);
  });
});

describe('the index of the pages', () => {
  it('lists each page of docs', () => {
    const index = links(proseLines(textOf('docs/README.md'))).map(({ text }) => join('docs', text));
    const listed = [
      ...index,
      ...links(proseLines(textOf('docs/decisions/README.md'))).map(({ text }) => join('docs/decisions', text)),
    ];
    expect(DOCS.filter((page) => page !== 'docs/README.md' && !listed.includes(page))).toEqual([]);
  });

  it.each(PAGES)('%s has tables whose rows have the columns of their head', (page) => {
    const columns = (text: string) => text.replaceAll(/`[^`]*`/g, '').split(/(?<!\\)\|/).length;
    const lines = proseLines(textOf(page));
    const uneven = lines.filter(({ text }, at) => {
      const above = lines[at - 1]?.text ?? '';
      return text.startsWith('|') && above.startsWith('|') && columns(text) !== columns(above);
    });
    expect(uneven).toEqual([]);
  });
});

describe('the page about the tests', () => {
  it('has a row for each folder of test, and none that is not there', () => {
    const rows = tableRows(proseLines(textOf('test/README.md'))).map(([folder]) => links([folder!])[0]?.text);
    const folders = readdirSync(join(ROOT, 'test'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rows.toSorted()).toEqual(folders.map(({ name }) => name).sort());
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || headings(proseLines(textOf(file))).includes(anchor);
}

describe('the limits', () => {
  const limits = proseLines(textOf('docs/limits.md'));
  const server: object = resolveServerOptions();
  const { timings, ...others } = resolveSenderOptions({ address: 'localhost:9000' });
  const sender: object = { ...others, handshakeTimeoutMs: timings.handshakeTimeoutMs };

  /** The names of options in a table, each with its default as a number. */
  const defaultsOf = (lines: readonly Piece[]) =>
    tableRows(lines)
      .map(([name, value]) => [/^`(\w+)`$/.exec(name!.text)?.[1], numberOf(value!.text)] as const)
      .filter((row): row is [string, number] => row[0] !== undefined && row[1] !== undefined);

  it.each([
    ['## Both sides', server],
    ['## Both sides', sender],
    ['## The server', server],
    ['## The client', sender],
  ])('%s: the defaults are those of the options', (heading, options) => {
    const rows = defaultsOf(section(limits, heading));
    expect(rows.length).toBeGreaterThan(0);
    expect(rows).toEqual(rows.map(([name]) => [name, Reflect.get(options, name)]));
  });

  it.each([
    ['the server', '## The server', server],
    ['the sender', '## The client', sender],
  ])('%s has no limit that is left out', (_side, heading, options) => {
    const told = [...section(limits, heading), ...section(limits, '## Both sides')].map(({ text }) => text).join('\n');
    const names = Object.keys(options).filter((name) => name.startsWith('max'));
    expect(names.filter((name) => !told.includes(`| \`${name}\` |`))).toEqual([]);
  });
});

/** `8 MiB`, `1,000` and `Infinity` as numbers. */
function numberOf(text: string): number | undefined {
  const [, digits, unit] = /^`([\d,]+|Infinity)( MiB)?`$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits.replaceAll(',', '')) * (unit === undefined ? 1 : 1024 * 1024);
}
