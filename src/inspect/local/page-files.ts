import { access, readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { MACHINES } from './machines.ts';

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

const PAGE = 'src/inspect/local/page';
const STYLE = /<style>([^<]*)<\/style>/;

/** Reads the page: its own files, and the drawings of the statecharts. By the path that each is asked for with. */
export async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  const root = await packageRoot(import.meta.url, process.cwd());
  const files = new Map<string, PageFile>();
  const typeOf = (path: string) => TYPES[path.slice(path.lastIndexOf('.') + 1)];
  const add = (path: string, body: string) => files.set(path, { type: typeOf(path) as string, body });
  const folder = join(root, PAGE);
  for (const name of await readdir(folder)) {
    if (typeOf(name) !== undefined) add(`/${name}`, await readFile(join(folder, name), 'utf8'));
  }
  for (const { drawing: name } of Object.values(MACHINES)) {
    const drawing = await readFile(join(root, 'visualizations', `${name}.svg`), 'utf8');
    // The page allows no style but that of its own files. All drawings have the same.
    add('/charts.css', STYLE.exec(drawing)?.[1] ?? '');
    add(`/charts/${name}.svg`, drawing.replace(STYLE, ''));
  }
  return files.set('/', files.get('/index.html') as PageFile);
}

/**
 * The folder of the package. It is above this file; where that has become part of a bundle, it is looked for as the program
 * would import it.
 *
 * @param here - the address of this file; a bundle of CommonJS has none.
 * @param cwd - the working folder of the process.
 * @throws CmdStreamError `listen-failed` where the files of the page are nowhere to be found.
 */
export async function packageRoot(here: string | undefined, cwd: string): Promise<string> {
  // It is three folders down in the sources, one or two in what is built of them.
  const above = here === undefined ? [] : ['..', '../..', '../../..'].map((path) => fileURLToPath(new URL(path, here)));
  for (const root of [...above, ...installedRoot(cwd)]) {
    const isThere = await access(join(root, PAGE, 'index.html')).then(
      () => true,
      () => false,
    );
    if (isThere) return root;
  }
  const why = 'the files of its page stand in the package cmd-stream, which is not there: leave it out of the bundle';
  throw new CmdStreamError('listen-failed', `the inspector cannot be shown: ${why}`);
}

function installedRoot(cwd: string): string[] {
  try {
    return [dirname(createRequire(join(cwd, 'index.js')).resolve('cmd-stream/package.json'))];
  } catch {
    return [];
  }
}
