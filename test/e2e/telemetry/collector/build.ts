import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goIsHere } from '../../../interop/support/go-peers.ts';

/**
 * The collector, built; or why it is not. It stands outside of the checkout, named after the contents of its sources: a build from nothing takes
 * more than a minute, so that it is one only where `COLLECTOR=build` asks for it.
 */
export function collector(): { readonly path: string } | { readonly missing: string } {
  const path = join(tmpdir(), `cmd-stream-collector-${fingerprint()}`, 'collector');
  if (existsSync(path)) return { path };
  if (process.env.COLLECTOR !== 'build') return { missing: 'no collector; COLLECTOR=build builds it' };
  if (!goIsHere()) return { missing: 'no Go toolchain' };
  mkdirSync(join(path, '..'), { recursive: true });
  // Two that build it at once do not disturb each other.
  const unfinished = `${path}-${process.pid}`;
  const { status, stderr } = spawnSync('go', ['build', '-o', unfinished, '.'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the collector does not build:\n${stderr}`);
  renameSync(unfinished, path);
  return { path };
}

function fingerprint(): string {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 16);
}
