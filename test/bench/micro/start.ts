import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs `--micro`, `--measures` or `--measure`, where `args` ask for one of them, in a process that can collect garbage at
 * will. Returns its exit code, or nothing where `args` ask for the rows of the bench.
 */
export function startMicro(args: readonly string[]): number | undefined {
  if (!args.some((arg) => /^--(micro|measures?)(=|$)/.test(arg))) return undefined;
  // Once compiled, it stands apart from the bench, together with the sources of the library: see tsconfig.json.
  const main = import.meta.url.endsWith('.ts') ? './main.ts' : './test/bench/micro/main.js';
  const file = fileURLToPath(new URL(main, import.meta.url));
  const nodeOptions = [...process.execArgv, '--expose-gc'];
  return spawnSync(process.execPath, [...nodeOptions, file, ...args], { stdio: 'inherit' }).status ?? 1;
}
