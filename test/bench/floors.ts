import { findRow } from './find.ts';
import type { BenchOptions } from './options.ts';
import type { CaseResult } from './results.ts';
import { BASELINE } from './systems/index.ts';
import type { WindowWork, Workload } from './workload.ts';

/** The shares of raw, at window 1,000 over one connection, that the library is to have. */
export const GOALS: readonly { readonly id: string; readonly stringLength: number; readonly share: number }[] = [
  { id: 'cmd-stream-bare', stringLength: 16, share: 0.75 },
  { id: 'cmd-stream-bare', stringLength: 500, share: 0.85 },
  { id: 'cmd-stream-everything-on', stringLength: 16, share: 0.6 },
  { id: 'cmd-stream-everything-on', stringLength: 500, share: 0.75 },
];

/** Machines are noisy: less than this part of a goal is no noise any more. */
const FLOOR = 0.5;

/** Where the library has less than half of the share of raw that it is to have. */
export interface Shortfall {
  readonly id: string;
  readonly stringLength: number;
  /** In words. */
  readonly reason: string;
}

/** The shortfalls of a run; what was not measured is none. */
export function shortfalls(cases: readonly CaseResult[]): readonly Shortfall[] {
  return GOALS.flatMap(({ id, stringLength, share }) => {
    const floor = FLOOR * share;
    const measured = shareOfRaw(cases, id, stringLength);
    if (measured === undefined || measured >= floor) return [];
    const reason = `${id}, ${stringLength} characters: ${measured.toFixed(2)} of raw; at least ${floor.toFixed(3)} is expected of any machine`;
    return { id, stringLength, reason };
  });
}

/** Measures again what fell short, and raw with it, in full rounds: short ones may fall into the work of others. */
export function secondLook(options: BenchOptions, found: readonly Shortfall[]): BenchOptions {
  return {
    ...options,
    systems: [BASELINE, ...new Set(found.map(({ id }) => id))],
    work: options.work.filter(
      (work) => isJudged(work) && found.some(({ stringLength }) => stringLength === work.stringLength),
    ),
    rounds: 5,
    durationMs: 1000,
    warmUpMs: 1000,
  };
}

/** Window 1,000 over one connection. */
function isJudged(work: Workload): work is WindowWork {
  return work.kind === 'window' && work.window === 1000 && work.connections === 1;
}

/** What was measured at window 1,000 over one connection; nothing where that was not. */
export function shareOfRaw(cases: readonly CaseResult[], id: string, stringLength: number): number | undefined {
  return findRow(cases, id, stringLength)?.shareOfRaw?.median;
}
