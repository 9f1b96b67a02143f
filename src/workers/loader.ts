import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';

/** The sources and what is built of them stand at different places. */
const PRELOADED = ['./worker-process.js', '../worker-process.js', './worker-process.ts'];

/**
 * Flags of Node for a process that runs a file: those of this process, what makes it a worker, and for TypeScript that Node cannot
 * load by itself `tsx`.
 * @throws CmdStreamError `invalid-argument` where neither can.
 */
export function execArgvFor(path: string): string[] {
  const inherited = process.execArgv.filter((flag) => !/^--(inspect|input-type|eval|print|test)/.test(flag));
  return [...inherited, ...loaderFor(path, inherited), '--import', preloaded()];
}

function loaderFor(path: string, inherited: readonly string[]): string[] {
  if (!/\.[cm]?ts$/.test(path)) return [];
  const { typescript } = process.features as { readonly typescript?: unknown };
  if (typescript || inherited.some((flag) => /\btsx\b/.test(flag))) return [];
  for (const from of [path, fileURLToPath(import.meta.url)]) {
    try {
      return ['--import', pathToFileURL(createRequire(from).resolve('tsx')).href];
    } catch {}
  }
  const hint = 'install tsx beside cmd-stream, or use Node 22.18 or later';
  throw new CmdStreamError('invalid-argument', `workers cannot run ${path}: this Node cannot load TypeScript; ${hint}`);
}

function preloaded(): string {
  const found = PRELOADED.map((name) => new URL(name, import.meta.url)).find((url) => existsSync(url));
  if (found !== undefined) return found.href;
  throw new CmdStreamError('internal', 'the file worker-process.js of the package cmd-stream cannot be found');
}
