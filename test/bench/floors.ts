import type { CaseResult } from './results.ts';

/** The shares of raw, at window 1,000 over one connection, that the library is to have. */
export const GOALS: readonly { readonly id: string; readonly stringLength: number; readonly share: number }[] = [
  { id: 'cmd-stream-bare', stringLength: 16, share: 0.75 },
  { id: 'cmd-stream-bare', stringLength: 500, share: 0.85 },
  { id: 'cmd-stream-everything-on', stringLength: 16, share: 0.6 },
  { id: 'cmd-stream-everything-on', stringLength: 500, share: 0.75 },
];

/** Machines are noisy: less than this part of a goal is no noise any more. */
const FLOOR = 0.5;

/** In words, where the library has less than half of the share of raw that it is to have. */
export function shortfalls(cases: readonly CaseResult[]): readonly string[] {
  return GOALS.flatMap(({ id, stringLength, share }) => {
    const floor = FLOOR * share;
    const measured = shareOfRaw(cases, id, stringLength);
    if (measured === undefined || measured >= floor) return [];
    return `${id}, ${stringLength} characters: ${measured.toFixed(2)} of raw; at least ${floor.toFixed(3)} is expected of any machine`;
  });
}

/** What was measured at window 1,000 over one connection; nothing where that was not. */
export function shareOfRaw(cases: readonly CaseResult[], id: string, stringLength: number): number | undefined {
  const found = cases.find(
    ({ work }) =>
      work.kind === 'window' && work.window === 1000 && work.connections === 1 && work.stringLength === stringLength,
  );
  return found?.rows.find((row) => row.id === id)?.shareOfRaw?.median;
}
