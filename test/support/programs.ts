import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { builtOnce, ROOT } from './build-cache.ts';
import { link, tsc } from './compiled.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the compiled programs. */
    programs: string;
  }
}

/** Whatever a program may import. */
const BUILT_FROM = ['package.json', 'tsconfig.json', 'examples', 'machines', 'src', 'test'];

/**
 * Compiles the programs that tests run in processes of their own, before the tests of a run start: plain Node begins with
 * them in a third of the time that it takes through a loader. See `program()`.
 */
export default async function buildPrograms({ provide }: TestProject): Promise<void> {
  provide('programs', await compilePrograms());
}

async function compilePrograms(): Promise<string> {
  return await builtOnce('cmd-stream-programs-', BUILT_FROM, async (folder) => {
    const manifest = await readFile(join(ROOT, 'package.json'), 'utf8');
    // Those that import the package by its name get the sources beside them.
    await writeFile(join(folder, 'package.json'), manifest.replaceAll('./dist/', './src/'));
    await tsc(ROOT, '-p', 'test/support/tsconfig.programs.json', '--outDir', folder);
    await link(folder, 'node_modules', 'src/inspect/local/page', 'visualizations', 'test/interop/go');
  });
}

/** Where the compiled program is, in a folder of `buildPrograms()`. */
export function programIn(folder: string, source: URL): string {
  return join(folder, relative(ROOT, fileURLToPath(source)).replace(/ts$/, 'js'));
}
