import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.ts';

/** The root of the project. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A file of a development dependency. */
export const tool = (path: string) => join(ROOT, 'node_modules', path);

/** A folder that has the package as users get it, built from the sources as they are now: never from a stale `dist`. */
export interface Compiled {
  /** Has `package.json`, `dist` and `node_modules`; modules in it find the package by its name. */
  readonly folder: string;
  /** The script behind `npx cmd-stream`. */
  readonly bin: string;
  remove(): Promise<void>;
}

/** Builds the package into a folder of its own (about 2 s). */
export async function compile(): Promise<Compiled> {
  const folder = await mkdtemp(join(tmpdir(), 'cmd-stream-'));
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
  await tsc(ROOT, '-p', 'tsconfig.build.json', '--outDir', join(folder, 'dist'));
  return {
    folder,
    bin: join(folder, 'dist/src/cli/main.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs the TypeScript compiler. Throws with what it says where it is not content. */
export async function tsc(cwd: string, ...args: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(process.execPath, [tool('typescript/bin/tsc'), ...args], { cwd });
  if (code !== 0) throw new Error(`tsc ${args.join(' ')}:\n${stdout}${stderr}`);
}
