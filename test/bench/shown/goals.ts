// What the library is to show, and what it does.

import { findCase, findRow } from '../find.ts';
import { GOALS, shareOfRaw } from '../floors.ts';
import type { CaseResult } from '../results.ts';
import { ROWS } from '../systems/index.ts';

/** One figure that is to be reached. */
export interface Goal {
  readonly measure: string;
  /** At least so much; at most, where `isLimit`. */
  readonly goal: number;
  readonly stretch: number;
  readonly isLimit: boolean;
  /** Nothing where it was not measured. */
  readonly measured: number | undefined;
}

const EVERYTHING_ON = 'cmd-stream-everything-on';
const STRETCHES: Readonly<Record<string, readonly [short: number, long: number]>> = {
  'cmd-stream-bare': [0.9, 0.95],
  [EVERYTHING_ON]: [0.8, 0.9],
};

/** The goals that this bench measures, in the order in which they are shown. */
export function goalsOf(cases: readonly CaseResult[]): readonly Goal[] {
  const share = (id: string, stringLength: number) => shareOfRaw(cases, id, stringLength);
  const times = (id: string, peer: string | undefined, stringLength: number) =>
    peer === undefined ? undefined : quotient(share(id, stringLength), share(peer, stringLength));
  const cpu = (id: string) => findRow(cases, id, 16)?.clientCpuUs;
  const fastest = fastestPeer(cases);
  return [
    ...GOALS.map(({ id, stringLength, share: goal }) => ({
      measure: `queries per second as a share of raw, ${id}, ${stringLength} characters`,
      goal,
      stretch: STRETCHES[id]?.[stringLength === 16 ? 0 : 1] ?? 1,
      isLimit: false,
      measured: share(id, stringLength),
    })),
    {
      measure: 'client CPU per request against raw, everything on, 16 characters',
      goal: 1.6,
      stretch: 1.25,
      isLimit: true,
      measured: quotient(cpu(EVERYTHING_ON), cpu('raw')),
    },
    {
      measure: 'window 1: p50 against raw, as it comes, 16 characters',
      goal: 1.15,
      stretch: 1.05,
      isLimit: true,
      measured: findRow(cases, 'cmd-stream', 16, 1)?.p50OfRaw?.median,
    },
    {
      measure: `against the fastest library peer${fastest === undefined ? '' : ` (${fastest})`}, as it comes, 16 characters`,
      goal: 1.8,
      stretch: 2.5,
      isLimit: false,
      measured: times('cmd-stream', fastest, 16),
    },
    {
      measure: 'against grpc-js, as it comes, 16 characters',
      goal: 20,
      stretch: 30,
      isLimit: false,
      measured: times('cmd-stream', 'grpc-js', 16),
    },
    ...[16, 500].map((stringLength) => ({
      measure: `against the Go original, JSON on both sides, ${stringLength} characters`,
      goal: 2.5,
      stretch: 3.5,
      isLimit: false,
      measured: times('cmd-stream-json', 'go', stringLength),
    })),
  ];
}

/** Whether a goal is reached; nothing where it was not measured. */
export function isReached({ goal, isLimit, measured }: Goal): boolean | undefined {
  if (measured === undefined) return undefined;
  return isLimit ? measured <= goal : measured >= goal;
}

function fastestPeer(cases: readonly CaseResult[]): string | undefined {
  const peers = ROWS.filter(({ kind, id }) => kind === 'peer' && id !== 'go').map(({ id }) => id);
  const rows = findCase(cases, 16, 1000)?.rows.filter(({ id }) => peers.includes(id)) ?? [];
  return rows.toSorted((a, b) => b.queriesPerSecond.median - a.queriesPerSecond.median)[0]?.id;
}

function quotient(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}
