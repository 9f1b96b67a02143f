import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';

/** Windows, where programs have an ending, and links are not for everybody. */
const isWindows = process.platform === 'win32';
const EXE = isWindows ? '.exe' : '';

/** Runtimes beside the Node that runs this: the package of npm that brings each, and where its binary is among what that installs. */
const RUNTIMES = {
  'node-22': { install: `${nodePackage()}@22`, binary: `${nodePackage()}/bin/node${EXE}` },
  'node-24': { install: `${nodePackage()}@24`, binary: `${nodePackage()}/bin/node${EXE}` },
  bun: { install: 'bun@1', binary: `@oven/*/bin/bun${EXE}` },
  deno: { install: 'deno@2', binary: `@deno/*/deno${EXE}` },
} as const;

/** Name of a runtime. */
export type RuntimeName = keyof typeof RUNTIMES;

/** Names of all runtimes. */
export const RUNTIME_NAMES = Object.keys(RUNTIMES) as RuntimeName[];

/** Folder of all runtimes, outside of every checkout. */
export const RUNTIMES_FOLDER = join(tmpdir(), 'cmd-stream-runtimes');

/** Binary of a runtime, under the name by which one starts it; undefined where it is not installed. */
export function runtime(name: RuntimeName): string | undefined {
  const binary = join(RUNTIMES_FOLDER, name, 'bin', name.replace(/-.*/, '') + EXE);
  return existsSync(binary) ? binary : undefined;
}

/**
 * Installs a runtime of npm's registry, without running scripts of its packages; one that is there stays as it is.
 * @throws Error where npm cannot, or where no binary of it runs on this machine.
 */
export function installRuntime(name: RuntimeName): void {
  if (runtime(name) !== undefined) return;
  const { install, binary: path } = RUNTIMES[name];
  const unfinished = join(RUNTIMES_FOLDER, `${name}-${process.pid}`);
  mkdirSync(join(unfinished, 'bin'), { recursive: true });
  try {
    const args = ['install', '--prefix', unfinished, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    const { status, stderr } = spawnSync('npm', [...args, install], {
      cwd: unfinished,
      encoding: 'utf8',
      shell: isWindows,
    });
    if (status !== 0) throw new Error(`npm install ${install}: ${stderr}`);
    const binary = pathsLike(join(unfinished, 'node_modules'), path).find(
      (file) => spawnSync(file, ['--version']).status === 0,
    );
    if (binary === undefined) throw new Error(`${install} has nothing that runs on this machine`);
    const started = join(unfinished, 'bin', basename(binary));
    if (isWindows) copyFileSync(binary, started);
    else symlinkSync(relative(join(unfinished, 'bin'), binary), started);
    renameSync(unfinished, join(RUNTIMES_FOLDER, name));
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Where another process was faster, its folder is as good.
    if (runtime(name) === undefined) throw error;
  }
}

/** Files like `@scope/*\/bin/program`, of which the star is one folder. */
function pathsLike(folder: string, path: string): string[] {
  const [before, after] = path.split('*');
  if (before === undefined || after === undefined) return [join(folder, path)];
  return readdirSync(join(folder, before))
    .map((name) => join(folder, before, name + after))
    .filter((file) => existsSync(file));
}

function nodePackage(): string {
  return `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
}
