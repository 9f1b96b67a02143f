import { type CaseResult, type Measurement, summarise } from '../../bench/results.ts';

/** A round at so many queries per second. */
export function measurement(queriesPerSecond: number): Measurement {
  return {
    requests: queriesPerSecond,
    answered: queriesPerSecond,
    unanswered: 0,
    elapsedMs: 1000,
    p50Ms: 1e6 / queriesPerSecond,
    p99Ms: 2e6 / queriesPerSecond,
    p999Ms: 3e6 / queriesPerSecond,
    maxMs: 4e6 / queriesPerSecond,
    cpuUs: 1e6,
    peakBytes: 1e8,
    serverCpuUs: 1e6,
    serverPeakBytes: 1e8,
  };
}

/** A case in which raw manages 100,000 queries per second and the rows so much of it. */
export function caseOf(
  stringLength: number,
  shares: Readonly<Record<string, number>>,
  window = 1000,
  connections = 1,
): CaseResult {
  const rows = Object.entries({ raw: 1, ...shares });
  const measured = new Map(rows.map(([id, share]) => [id, [measurement(100_000 * share)]]));
  return {
    work: { kind: 'window', window, stringLength, connections },
    pinned: window === 1,
    rows: summarise(measured),
  };
}
