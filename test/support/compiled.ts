import { cp, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { builtOnce, ROOT } from './build-cache.ts';
import { run } from './run.ts';

export { ROOT };

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
const BUILT_FROM = ['package.json', 'tsconfig.json', 'tsconfig.build.json', '.ci/build', 'machines', 'src'];

/**
 * Builds the package from the sources as they are now, about 6 s; test files that ask later get the same build. It stands
 * in a folder of its own that is named after the contents of the sources, so that it is never a stale one.
 */
export async function compile(): Promise<Compiled> {
  const folder = await builtOnce('cmd-stream-build-', BUILT_FROM, async (unfinished) => {
    await cp(join(ROOT, 'package.json'), join(unfinished, 'package.json'));
    await link(unfinished, 'node_modules', ...FILES);
    await node(ROOT, tool('tsx/dist/cli.mjs'), '.ci/build/main.ts', join(unfinished, 'dist'));
  });
  return { folder, bin: join(folder, 'dist/cli.js') };
}

/** Puts links to files of the project into a folder. */
export async function link(folder: string, ...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(ROOT, path), join(folder, path), 'junction');
  }
}

/** Runs the TypeScript compiler. Throws with what it says where it is not content. */
export async function tsc(cwd: string, ...args: string[]): Promise<void> {
  await node(cwd, tool('typescript/bin/tsc'), ...args);
}

async function node(cwd: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(process.execPath, args, { cwd });
  if (code !== 0) throw new Error(`${args.join(' ')}:\n${stdout}${stderr}`);
}
