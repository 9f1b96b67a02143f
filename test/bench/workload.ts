import type { Load } from './load.ts';

/** So many requests under way at all times, with strings of one length. */
export interface WindowWork {
  readonly kind: 'window';
  readonly window: number;
  readonly stringLength: number;
  readonly connections: number;
}

/** All requests at once, to a server that waits before it answers, with strings of random lengths. */
export interface BurstWork {
  readonly kind: 'burst';
  readonly requests: number;
  readonly connections: number;
  readonly delayMs: number;
}

/** What the rows of one table have in common. */
export type Workload = WindowWork | BurstWork;

/** As in go-client-server-benchmarks, in bytes. */
const SHORTEST = 17;
const LONGEST = 1024;
const WARM_UP_REQUESTS = 5_000;

/** What a client is asked to do. */
export function loadOf(work: Workload, durationMs: number): Load {
  if (work.kind === 'burst') {
    return { kind: 'burst', requests: work.requests, shortest: SHORTEST, longest: LONGEST };
  }
  return { kind: 'window', window: work.window, stringLength: work.stringLength, durationMs };
}

/** The same for so long that the code is compiled. */
export function warmUpOf(work: Workload, durationMs: number): Load {
  return loadOf(
    work.kind === 'burst' ? { ...work, requests: Math.min(work.requests, WARM_UP_REQUESTS) } : work,
    durationMs,
  );
}

/** In words. */
export function describeWork(work: Workload): string {
  const over = work.connections === 1 ? '' : `, ${work.connections} connections`;
  if (work.kind === 'window') return `${grouped(work.stringLength)} characters, window ${grouped(work.window)}${over}`;
  const clients = work.connections === 1 ? '1 client' : `${work.connections} clients`;
  return `${grouped(work.requests)} requests at once, ${clients}, ${SHORTEST} to ${grouped(LONGEST)} characters, answered after ${work.delayMs} ms`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
