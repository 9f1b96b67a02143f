import type { CaseResult, RowResult } from './results.ts';

/** The case of so many requests under way, by one connection unless said. */
export function findCase(
  cases: readonly CaseResult[],
  stringLength: number,
  window: number,
  connections = 1,
): CaseResult | undefined {
  return cases.find(
    ({ work }) =>
      work.kind === 'window' &&
      work.window === window &&
      work.connections === connections &&
      work.stringLength === stringLength,
  );
}

/** One row of that case. */
export function findRow(
  cases: readonly CaseResult[],
  id: string,
  stringLength: number,
  window = 1000,
): RowResult | undefined {
  return findCase(cases, stringLength, window)?.rows.find((row) => row.id === id);
}
