import type { LoadResult } from './load.ts';
import { median, type Spread, spread } from './statistics.ts';
import { BASELINE, EVERYTHING_ON } from './systems/index.ts';
import type { Workload } from './workload.ts';

/** One row in one round. */
export interface Measurement extends LoadResult {
  /** CPU time of the server's process meanwhile. */
  readonly serverCpuUs: number;
  /** The most resident memory of the server's process meanwhile. */
  readonly serverPeakBytes: number;
}

/** One row of one case, over all rounds. */
export interface RowResult {
  readonly id: string;
  readonly queriesPerSecond: Spread;
  /** Queries per second as a share of what the baseline managed in the same round; none where it did not run. */
  readonly shareOfRaw: Spread | undefined;
  /** The same as a share of the library with everything on, which the rows of telemetry add to; none where it did not run. */
  readonly shareOfEverythingOn?: Spread | undefined;
  /** The p50 against the baseline's in the same round; none where it did not run. */
  readonly p50OfRaw: Spread | undefined;
  /** Milliseconds from the call to the checked answer: the median of the rounds' percentiles. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  /** The longest that any request of any round took. */
  readonly maxMs: number;
  /** CPU time per request: the median of the rounds. */
  readonly clientCpuUs: number;
  readonly serverCpuUs: number;
  /** The most resident memory of the process in any round. */
  readonly clientPeakBytes: number;
  readonly serverPeakBytes: number;
  /** Requests that were still without an answer long after the end of their round: the most of any round. */
  readonly unanswered: number;
}

/** One table. */
export interface CaseResult {
  readonly work: Workload;
  /** Whether both processes of each row shared a core. */
  readonly pinned: boolean;
  readonly rows: readonly RowResult[];
}

/** Sums up what the rounds of a case gave: for each row its measurements, in the order of the rounds. */
export function summarise(measured: ReadonlyMap<string, readonly Measurement[]>): readonly RowResult[] {
  return [...measured].map(([id, rounds]): RowResult => {
    // Round by round, so that what slows the machine down for a while slows both.
    const against = (base: string, value: (measurement: Measurement) => number) => {
      const baseline = measured.get(base);
      return baseline && spread(rounds.map((round, index) => value(round) / value(baseline[index] as Measurement)));
    };
    return {
      id,
      queriesPerSecond: spread(rounds.map(queriesPerSecond)),
      shareOfRaw: against(BASELINE, queriesPerSecond),
      shareOfEverythingOn: against(EVERYTHING_ON, queriesPerSecond),
      p50OfRaw: against(BASELINE, ({ p50Ms }) => p50Ms),
      p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
      p999Ms: median(rounds.map(({ p999Ms }) => p999Ms)),
      maxMs: Math.max(...rounds.map(({ maxMs }) => maxMs)),
      clientCpuUs: median(rounds.map(({ cpuUs, answered }) => cpuUs / Math.max(1, answered))),
      serverCpuUs: median(rounds.map(({ serverCpuUs, answered }) => serverCpuUs / Math.max(1, answered))),
      clientPeakBytes: Math.max(...rounds.map(({ peakBytes }) => peakBytes)),
      serverPeakBytes: Math.max(...rounds.map(({ serverPeakBytes }) => serverPeakBytes)),
      unanswered: Math.max(...rounds.map(({ unanswered }) => unanswered)),
    };
  });
}

function queriesPerSecond({ requests, elapsedMs }: Measurement): number {
  return requests === 0 ? 0 : (requests / elapsedMs) * 1000;
}
