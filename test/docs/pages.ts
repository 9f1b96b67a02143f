import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/compiled.ts';
import { codeBlocks } from './markdown.ts';
import { type Snippet, snippetOf } from './snippets.ts';

export const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');

const pagesIn = (folder: string, names: readonly string[]) =>
  names.map((name) => `${folder}/${name.replaceAll('\\', '/')}`).filter((path) => path.endsWith('.md'));

/** All pages under `docs`. */
export const DOCS = pagesIn('docs', readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }));

/** The front page, and the guide that goes on from it. */
export const GUIDE = ['README.md', ...DOCS.filter((path) => path.startsWith('docs/guide/'))];

/** The examples of a page as files. Those that name themselves keep their name: the others import them by it. */
export function examplesOf(page: string): Snippet[] {
  const prefix = page.replace(/^docs\/|\.md$/g, '').replaceAll('/', '-');
  return codeBlocks(textOf(page))
    .filter(({ language }) => language === 'ts')
    .map(snippetOf)
    .map((snippet) =>
      snippet.fileName.startsWith('guide-') ? { ...snippet, fileName: `${prefix}-${snippet.fileName}` } : snippet,
    );
}
