import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** One file of the page. */
export interface PageFile {
  readonly type: string;
  readonly body: string;
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
};

const DRAWINGS = ['group', 'client', 'circuit-breaker', 'server', 'session'];
const STYLE = /<style>([^<]*)<\/style>/;

/** Reads the page: its own files, and the drawings of the statecharts. By the path that each is asked for with. */
export async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  // By the package's own name, since the sources and what is built of them stand at different depths.
  const root = createRequire(import.meta.url)
    .resolve('cmd-stream/package.json')
    .slice(0, -'package.json'.length);
  const files = new Map<string, PageFile>();
  const typeOf = (path: string) => TYPES[path.slice(path.lastIndexOf('.') + 1)];
  const add = (path: string, body: string) => files.set(path, { type: typeOf(path) as string, body });
  const folder = join(root, 'src/local-inspector/page');
  for (const name of await readdir(folder)) {
    if (typeOf(name) !== undefined) add(`/${name}`, await readFile(join(folder, name), 'utf8'));
  }
  for (const name of DRAWINGS) {
    const drawing = await readFile(join(root, 'visualizations', `${name}.svg`), 'utf8');
    // The page allows no style but that of its own files. All drawings have the same.
    add('/charts.css', STYLE.exec(drawing)?.[1] ?? '');
    add(`/charts/${name}.svg`, drawing.replace(STYLE, ''));
  }
  return files.set('/', files.get('/index.html') as PageFile);
}
