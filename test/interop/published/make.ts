// Makes the package anew that tests/interop/published runs against: npx tsx test/interop/published/make.ts
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The last state of 0.1.0: before the wire extension. */
const COMMIT = 'ebfbba8';
const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '../../..');

const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-published-'));
const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: folder, stdio: 'inherit' });
try {
  const sources = execFileSync('git', ['archive', COMMIT], { cwd: ROOT, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x'], { cwd: folder, input: sources });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const plain = ['--sourceMap', '--declaration', '--declarationMap'].flatMap((name) => [name, 'false']);
  run('npx', 'tsc', '-p', 'tsconfig.build.json', '--removeComments', ...plain);
  // What a sender and a server need, and nothing else.
  const left = ['src/testing', 'src/testing.js', 'src/cli', 'src/inspect/local', 'src/inspect.js', 'examples'];
  for (const part of left) rmSync(join(folder, 'dist', part), { recursive: true, force: true });
  const given = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { name, version, license, type, engines, exports, dependencies, peerDependencies, peerDependenciesMeta } =
    given;
  const kept = { name, version, license, type, engines, exports, dependencies, peerDependencies, peerDependenciesMeta };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ ...kept, files: ['dist'] }, null, 2)}\n`);
  rmSync(join(folder, 'README.md'));
  run('npm', 'pack', '--ignore-scripts', '--silent');
  cpSync(join(folder, `cmd-stream-${version}.tgz`), join(HERE, `cmd-stream-${version}.tgz`));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
