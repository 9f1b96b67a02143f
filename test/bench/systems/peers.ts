import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GO_MODULE, hasProgram, installedVersion, peerModule } from '../places.ts';
import type { BenchSystem } from '../system.ts';
import type { Row } from './row.ts';

interface Peer {
  readonly about: string;
  /** The packages that it needs; the version of the first is shown. */
  readonly packages: readonly string[];
  /** A program that it needs. */
  readonly program?: string;
  /** Its module in `peers/`, and its export there; default: the id, and `system`. */
  readonly from?: readonly [module: string, name: string];
  readonly canWait?: boolean;
}

const REDIS = { packages: ['ioredis', 'msgpackr'], program: 'redis-server' };
const CONNECT = ['@connectrpc/connect-node', '@connectrpc/connect', '@bufbuild/protobuf'];

const PEERS_BY_ID: Readonly<Record<string, Peer>> = {
  ws: { about: 'WebSocket with msgpackr and a Map of promises, by hand', packages: ['ws', 'msgpackr'], canWait: true },
  ioredis: { ...REDIS, about: 'Redis ECHO of MessagePack by ioredis', from: ['ioredis', 'plain'] },
  'ioredis-pipelined': {
    ...REDIS,
    about: 'the same with enableAutoPipelining',
    from: ['ioredis', 'autoPipelined'],
  },
  'socket.io': {
    about: 'emitWithAck over WebSocket',
    packages: ['socket.io', 'socket.io-client'],
    from: ['socket-io', 'system'],
  },
  moleculer: { about: 'call() between two nodes, TCP transporter', packages: ['moleculer'] },
  undici: { about: 'POST of JSON to node:http by a Client with pipelining', packages: ['undici'] },
  capnweb: { about: 'a method of an RpcTarget over WebSocket', packages: ['capnweb', 'ws'] },
  nats: {
    about: "request/reply of JSON through a nats-server (its CPU counts as the server's)",
    packages: ['@nats-io/transport-node'],
    program: 'nats-server',
  },
  trpc: { about: 'a tRPC mutation over WebSocket', packages: ['@trpc/server', '@trpc/client', 'ws'] },
  'grpc-js': {
    about: 'unary calls with Protobuf, defined by hand',
    packages: ['@grpc/grpc-js', '@bufbuild/protobuf'],
    canWait: true,
  },
  connect: { about: 'Connect protocol over HTTP/2', packages: CONNECT, from: ['connect', 'connectProtocol'] },
  'connect-grpc': { about: 'gRPC protocol of connect-node', packages: CONNECT, from: ['connect', 'grpcProtocol'] },
};

/** The peer in Go: cmd-stream-go's own Sender and server, with JSON, GOMAXPROCS 2. */
const GO: Row = {
  id: 'go',
  kind: 'peer',
  about: "the Go original: cmd-stream-go's Sender and server, JSON on both sides, GOMAXPROCS 2",
  canWait: true,
  missing: () =>
    hasProgram('go') || existsSync(goProgram()) ? undefined : 'no Go toolchain (Debian: apt install golang-go)',
  version: () =>
    spawnSync('go', ['list', '-m', '-f', '{{.Version}}', GO_LIBRARY], {
      cwd: GO_MODULE,
      encoding: 'utf8',
    }).stdout?.trim(),
  runs: { program: goProgram() },
};

const GO_LIBRARY = 'github.com/cmd-stream/cmd-stream-go';

function goProgram(): string {
  return join(GO_MODULE, 'bin/bench');
}

/** What else one could take. */
export const PEER_ROWS: readonly Row[] = [...Object.entries(PEERS_BY_ID).map(([id, peer]) => row(id, peer)), GO];

function row(
  id: string,
  { about, packages, program, from: [module, name] = [id, 'system'], canWait = false }: Peer,
): Row {
  return {
    id,
    kind: 'peer',
    about,
    canWait,
    missing() {
      const absent = packages.filter((name) => installedVersion(name) === undefined);
      if (absent.length > 0) return `no ${absent.join(', ')} (npm run bench -- --peers installs it)`;
      if (program !== undefined && !hasProgram(program)) return `no ${program} (Debian: apt install ${program})`;
      return undefined;
    },
    version: () => installedVersion(packages[0] as string),
    runs: {
      load: async () => ((await import(peerModule(module))) as Record<string, BenchSystem>)[name] as BenchSystem,
    },
  };
}
