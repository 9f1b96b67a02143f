import { spawnSync } from 'node:child_process';
import { extname, join } from 'node:path';
import type { StressOptions } from '../options.ts';
import type { Peer } from './server-process.ts';

/** A connection that is silent for longer is closed by the server: only keepalive keeps one through a quiet time. */
export const SERVER_IDLE_MS = 2500;

const GO_MODULE = join(import.meta.dirname, '../../interop/go');

/**
 * The peer that was asked for, ready to be started; nothing where it takes Go and there is none.
 * @throws Error where the Go peer does not build.
 */
export function preparePeer({ peer, lie }: StressOptions): Peer | undefined {
  if (peer === 'node') return nodePeer(lie);
  if (spawnSync('go', ['version']).status !== 0) return undefined;
  const { status, stderr } = spawnSync('go', ['build', '-o', 'bin/', './cmd/server'], {
    cwd: GO_MODULE,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the Go peer does not build:\n${stderr}`);
  return goPeer;
}

const goPeer: Peer = {
  title: 'Go server (cmd-stream-go)',
  tellsIds: false,
  failureClosesConnection: true,
  command: (port) => [
    join(GO_MODULE, 'bin/server'),
    ['--addr', `127.0.0.1:${port}`, '--codec', 'json', '--command-receive-ms', String(SERVER_IDLE_MS)],
  ],
};

function nodePeer(lie: string | undefined): Peer {
  const file = join(import.meta.dirname, `node-server${extname(import.meta.filename)}`);
  const lying = lie === undefined ? [] : ['--lie', lie];
  return {
    title: 'node server (of this library)',
    tellsIds: true,
    failureClosesConnection: false,
    command: (port) => [
      process.execPath,
      [...process.execArgv, file, '--port', String(port), '--idle-ms', String(SERVER_IDLE_MS), ...lying],
    ],
  };
}
