import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Compiled, compile, ROOT } from '../support/compiled.ts';
import { codeBlocks, inlineCode, links, proseLines, section, tableRows } from './markdown.ts';
import { type Snippet, snippetOf, typeCheck } from './snippets.ts';

const PAGE = readFileSync(join(ROOT, 'docs/go-interop.md'), 'utf8');
const GO_MOD = readFileSync(join(ROOT, 'test/interop/go/go.mod'), 'utf8');
const prose = proseLines(PAGE);
const snippets = codeBlocks(PAGE)
  .filter(({ language }) => language === 'ts')
  .map(snippetOf);

/** What the Protobuf example takes for generated: messages of the same names and fields. */
const generated: Snippet = {
  fileName: 'gen/calc_pb.ts',
  text: readFileSync(join(ROOT, 'test/interop/support/interop_pb.ts'), 'utf8'),
  sourceLine: (line) => line,
};

let compiled: Compiled;
/** In the package's own folder, so that `cmd-stream` is found. */
let folder = '';
let complaints: Map<string, string[]>;

beforeAll(async () => {
  compiled = await compile();
  folder = await mkdtemp(join(compiled.folder, 'go-interop-'));
  complaints = await typeCheck(folder, [generated, ...snippets]);
});

afterAll(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

describe('the page about Go services', () => {
  it.each(snippets.map(({ fileName }) => fileName))('has an example %s that compiles', (fileName) => {
    expect(complaints.get(fileName)).toEqual([]);
  });

  it('names the versions that the tests run against', () => {
    const rows = tableRows(section(prose, '## Versions'));
    for (const [module, version] of rows) {
      const name = module!.text.replaceAll('`', '');
      const pinned = new RegExp(`/${name}(?:/v\\d+)? (v\\S+)`).exec(GO_MOD)?.[1];
      expect(pinned, `${name} in go.mod`).toBeDefined();
      const told = /v\d+\.\d+\.\d+/.exec(version!.text)?.[0];
      if (told !== undefined) expect(told).toBe(pinned);
    }
    expect(rows.length).toBeGreaterThan(3);
  });

  it('links to files that are there', () => {
    const files = links(prose).filter(({ text }) => !/^https:|^#/.test(text));
    expect(files.filter(({ text }) => !existsSync(join(ROOT, 'docs', text)))).toEqual([]);
  });

  it('names only serializers of MUS that are there', async () => {
    const mus: Record<string, unknown> = await import('cmd-stream/mus');
    const named = inlineCode(prose).flatMap(({ text }) => [...text.matchAll(/\b(ord|raw|varint)\.(\w+)/g)]);
    expect(named.length).toBeGreaterThan(10);
    for (const [, group, name] of named) expect(mus[group!]).toHaveProperty(name!);
  });
});
