import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';

/** The root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file of a development dependency. */
export const tool = (path: string) => join(ROOT, 'node_modules', path);

/** The package as users get it. */
export interface Compiled {
  /** Has what the package has, and `node_modules`: modules below it find the package by its name. */
  readonly folder: string;
  /** The script behind `npx cmd-stream`. */
  readonly bin: string;
}

/** What the package has beside what is built. */
const FILES = ['src/inspect/local/page', 'visualizations'];
const BUILT_FROM = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'machines', 'src'];
const NAME = 'cmd-stream-build-';
const HOUR_MS = 3_600_000;

/**
 * Builds the package from the sources as they are now, about 2 s; test files that ask later get the same build. It stands
 * in a folder of its own that is named after the contents of the sources, so that it is never a stale one.
 */
export async function compile(): Promise<Compiled> {
  const folder = join(tmpdir(), NAME + (await fingerprint()));
  const compiled = { folder, bin: join(folder, 'dist/src/cli/main.js') };
  if (await isThere(compiled.bin)) return compiled;
  await removeOld();
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    await cp(join(ROOT, 'package.json'), join(unfinished, 'package.json'));
    await symlink(join(ROOT, 'node_modules'), join(unfinished, 'node_modules'), 'junction');
    for (const path of FILES) {
      await mkdir(dirname(join(unfinished, path)), { recursive: true });
      await symlink(join(ROOT, path), join(unfinished, path), 'junction');
    }
    await tsc(ROOT, '-p', 'tsconfig.build.json', '--outDir', join(unfinished, 'dist'));
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Where another test file was faster, its build is as good.
    if (!(await isThere(compiled.bin))) throw error;
  }
  return compiled;
}

/** Runs the TypeScript compiler. Throws with what it says where it is not content. */
export async function tsc(cwd: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(process.execPath, [tool('typescript/bin/tsc'), ...args], { cwd });
  if (code !== 0) throw new Error(`tsc ${args.join(' ')}:\n${stdout}${stderr}`);
}

/** Changes with the place and the contents of what the package is built from. */
async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(ROOT);
  for (const root of BUILT_FROM) {
    const path = join(ROOT, root);
    const isFolder = (await stat(path)).isDirectory();
    const inside = isFolder
      ? (await readdir(path, { recursive: true })).sort().map((name) => join(path, name))
      : [path];
    for (const file of inside) if (/\.(ts|json)$/.test(file)) hash.update(`\0${file}\0`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

/** Earlier builds are of no use; those of the last hour may still be in somebody's. */
async function removeOld(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(NAME)) continue;
    const path = join(tmpdir(), name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > HOUR_MS) await rm(path, { recursive: true, force: true });
  }
}
