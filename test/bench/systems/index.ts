import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasProgram, installedVersion, ROOT } from '../places.ts';
import type { BenchSystem } from '../system.ts';
import { PEER_ROWS } from './peers.ts';
import type { Row } from './row.ts';

/** The row that all others are compared with. */
export const BASELINE = 'raw';

/** The row that telemetry adds to. */
export const EVERYTHING_ON = 'cmd-stream-everything-on';

type Load = () => Promise<BenchSystem>;

function baseline(id: string, about: string, load: Load): Row {
  return ours('baseline', id, about, load, () => installedVersion('msgpackr', ROOT));
}

function own(id: string, about: string, load: Load): Row {
  const version = () => (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
  return ours('own', id, about, load, version);
}

function ours(kind: Row['kind'], id: string, about: string, load: Load, version: Row['version']): Row {
  return { kind, id, about, canWait: true, missing: () => undefined, version, runs: { load } };
}

/** All rows, in the order in which they are shown. */
export const ROWS: readonly Row[] = [
  baseline(
    BASELINE,
    'written by hand: the same frames, msgpackr, a Map of promises, one write per turn, and nothing else',
    async () => (await import('./raw.ts')).raw,
  ),
  baseline(
    'raw-ring',
    'the same with a ring of slots in place of the Map, which the garbage collector likes better',
    async () => (await import('./raw.ts')).rawRing,
  ),
  baseline('raw-json', 'raw with JSON in place of msgpackr', async () => (await import('./raw.ts')).rawJson),
  own(
    'cmd-stream-bare',
    'createSender() and serve() without deadline and keepalive',
    async () => (await import('./cmd-stream.ts')).cmdStreamBare,
  ),
  own(
    'cmd-stream',
    'createSender() and serve() as they come: a deadline of 30 s, keepalive',
    async () => (await import('./cmd-stream.ts')).cmdStream,
  ),
  own(
    EVERYTHING_ON,
    'the same with circuit breaker, hooks, an absolute deadline on each send, keepalive',
    async () => (await import('./cmd-stream.ts')).cmdStreamEverythingOn,
  ),
  own(
    'cmd-stream-metrics',
    'the same, and metrics at both ends',
    async () => (await import('./cmd-stream-telemetry.ts')).cmdStreamMetrics,
  ),
  own(
    'cmd-stream-traces',
    'the same as everything-on, and spans of OpenTelemetry that no sampler takes, at both ends',
    async () => (await import('./cmd-stream-telemetry.ts')).cmdStreamTraces(),
  ),
  own(
    'cmd-stream-metadata',
    'as it comes, with metadata of two keys on each send',
    async () => (await import('./cmd-stream.ts')).cmdStreamMetadata,
  ),
  own(
    'cmd-stream-json',
    'as it comes, with JSON payloads',
    async () => (await import('./cmd-stream.ts')).cmdStreamJson,
  ),
  own('cmd-stream-tls', 'as it comes, over TLS', async () => (await import('./cmd-stream.ts')).cmdStreamTls),
  own(
    'cmd-stream-inspect-100',
    'as it comes, one request in a hundred shown to an observer',
    async () => (await import('./cmd-stream.ts')).cmdStreamInspected100,
  ),
  own(
    'cmd-stream-inspect',
    'as it comes, every request shown to an observer: a real XState actor each',
    async () => (await import('./cmd-stream.ts')).cmdStreamInspected,
  ),
  {
    ...own(
      'cmd-stream-nats',
      "as it comes, over a nats-server (its CPU counts as the server's)",
      async () => (await import('./cmd-stream-nats.ts')).cmdStreamNats,
    ),
    missing: () => (hasProgram('nats-server') ? undefined : 'no nats-server (Debian: apt install nats-server)'),
  },
  ...PEER_ROWS,
];
