import type { BenchSystem } from '../system.ts';

/** A row of the bench, before its module is loaded. */
export interface Row {
  /** What `--systems` calls it. */
  readonly id: string;
  /** What it is, in a line of the table's legend. */
  readonly about: string;
  /** Loads it: only in the two processes that run it, since what others load would be in its way. */
  load(): Promise<BenchSystem>;
}

/** The row that all others are compared with. */
export const BASELINE = 'raw';

/** All rows, in the order in which they are shown. */
export const ROWS: readonly Row[] = [
  {
    id: BASELINE,
    about: 'written by hand: the same frames, msgpackr, a Map of promises, one write per turn, and nothing else',
    load: async () => (await import('./raw.ts')).raw,
  },
  {
    id: 'raw-ring',
    about: 'the same with a ring of slots in place of the Map, which the garbage collector likes better',
    load: async () => (await import('./raw.ts')).rawRing,
  },
  {
    id: 'cmd-stream',
    about: 'createSender() and serve() as they come: a deadline of 30 s, keepalive',
    load: async () => (await import('./cmd-stream.ts')).cmdStream,
  },
  {
    id: 'cmd-stream-bare',
    about: 'the same without deadline and keepalive',
    load: async () => (await import('./cmd-stream.ts')).cmdStreamBare,
  },
  {
    id: 'cmd-stream-everything-on',
    about: 'the same with circuit breaker, hooks, an absolute deadline on each send, keepalive',
    load: async () => (await import('./cmd-stream.ts')).cmdStreamEverythingOn,
  },
];
