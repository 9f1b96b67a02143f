import fc from 'fast-check';
import type { Fault } from '../../../src/testing.ts';
import { HOSTS, SERVICE } from '../schedule.ts';
import { oneOf, swarm, weighted, whole } from './choices.ts';

const KINDS = [
  'crash',
  'power-off',
  'refuse',
  'hang',
  'reset',
  'half-open',
  'partition',
  'cut',
  'slow-reader',
  'link',
  'dns',
] as const;

/** Which kinds of faults a run has: none at all in some, and bytes that change on their way only seldom. */
export const faultKinds: fc.Arbitrary<readonly Fault['kind'][]> = fc
  .tuple(swarm(...KINDS), whole(0, 9))
  .map(([kinds, luck]) => (luck >= 8 ? [] : luck === 7 ? [...kinds, 'corrupt' as const] : kinds));

const host = oneOf('a', 'b', 'c');
/** Thousandths of the run; see {@link fitFault}. */
const atMs = whole(0, 999);
const forMs = oneOf(300, 1, 50, 1000, 2500);
/** Between which machines, and in which direction. */
const path = fc.oneof(
  host.map((to) => ({ from: 'client', to })),
  host.map((from) => ({ from, to: 'client' })),
  fc.constant({ from: 'client' }),
  fc.constant({}),
);
const lasting = { atMs, forMs };

const FAULTS: { readonly [Kind in Fault['kind']]: fc.Arbitrary<Fault> } = {
  crash: fc.record({ kind: fc.constant('crash'), server: host, ...lasting }),
  'power-off': fc.record({ kind: fc.constant('power-off'), server: host, ...lasting }),
  refuse: fc.record({ kind: fc.constant('refuse'), server: host, ...lasting }),
  hang: fc.record({ kind: fc.constant('hang'), server: host, ...lasting }),
  reset: fc.tuple(path, atMs).map(([ends, at]) => ({ kind: 'reset', ...ends, atMs: at })),
  'half-open': fc.tuple(path, atMs).map(([ends, at]) => ({ kind: 'half-open', ...ends, atMs: at })),
  partition: fc
    .tuple(path, atMs, forMs, fc.boolean())
    .map(([ends, at, span, oneWay]) => ({ kind: 'partition', ...ends, atMs: at, forMs: span, oneWay })),
  cut: fc
    .tuple(path, atMs, weighted([0, 1], [1, 1], [5, 2], [30, 2], [500, 1]))
    .map(([ends, at, afterBytes]) => ({ kind: 'cut', ...ends, atMs: at, afterBytes })),
  corrupt: fc
    .tuple(path, atMs, forMs, oneOf(0.05, 0.5, 1))
    .map(([ends, at, span, rate]) => ({ kind: 'corrupt', ...ends, atMs: at, forMs: span, rate })),
  'slow-reader': fc.record({
    kind: fc.constant('slow-reader'),
    host: oneOf('client', 'a', 'b', 'c'),
    bytesPerSecond: oneOf(0, 500, 5000),
    ...lasting,
  }),
  link: fc
    .tuple(path, atMs, forMs, oneOf(0, 20, 200), oneOf(0, 30), oneOf(1_000_000, 20_000))
    .map(([ends, at, span, latencyMs, jitterMs, bytesPerSecond]) => ({
      kind: 'link',
      ...ends,
      atMs: at,
      forMs: span,
      link: { latencyMs, jitterMs, bytesPerSecond },
    })),
  dns: fc.record({
    kind: fc.constant('dns'),
    name: fc.constant(SERVICE),
    answer: fc.oneof(
      oneOf('fail' as const, 'hang' as const),
      host.map((name) => [name]),
    ),
    ...lasting,
  }),
};

export const fault: fc.Arbitrary<Fault> = fc.oneof(...Object.values(FAULTS));

/** The fault as this run has it: at its time; nothing where the run is spared its kind or has no such server. */
export function fitFault(
  plan: Fault,
  lengthMs: number,
  kinds: readonly Fault['kind'][],
  servers: number,
): readonly Fault[] {
  if (!kinds.includes(plan.kind)) return [];
  const known = ['client', SERVICE, ...HOSTS.slice(0, servers)];
  const text = JSON.stringify(plan);
  if (HOSTS.some((name) => !known.includes(name) && text.includes(`"${name}"`))) return [];
  return [{ ...plan, atMs: Math.floor(((plan.atMs ?? 0) * lengthMs) / 1000) }];
}
