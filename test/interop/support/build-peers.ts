import { spawnSync } from 'node:child_process';
import { GO_MODULE, goIsHere } from './go-peers.ts';

/** Builds the Go peers before the tests of a run start, where there is Go; half a second when nothing has changed. */
export default function buildPeers(): void {
  if (!goIsHere()) return;
  const { status, stderr } = spawnSync('go', ['build', '-o', 'bin/', './cmd/...'], {
    cwd: GO_MODULE,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the Go peers do not build:\n${stderr}`);
}
