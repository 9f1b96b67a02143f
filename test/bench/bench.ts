import { BURST_DRAIN_MS, type Load, WINDOW_DRAIN_MS } from './load.ts';
import type { BenchOptions } from './options.ts';
import { pinToOneCore } from './pin.ts';
import { type CaseResult, type Measurement, summarise } from './results.ts';
import { RunningRow } from './running-row.ts';
import type { Row } from './systems/row.ts';
import { describeWork, loadOf, type Workload, warmUpOf } from './workload.ts';

/** Told of each step: in which case, and what is being done for it. */
export type Progress = (title: string, doing: string) => void;

/** How much longer than planned a run may take before the bench gives up: a process hangs. */
const GRACE_MS = 15_000;

/** Enough at a time for the code to be compiled in next to no time. */
const WARM_UP_LOAD = { kind: 'window', stringLength: 16, window: 64 } as const;

/** Who is told of what happens. */
export interface Listeners {
  readonly progress: Progress;
  /** A case is done. */
  readonly done: (result: CaseResult) => void;
  /** A peer has failed, and is not measured any more. */
  readonly dropped: (id: string, error: unknown) => void;
}

/**
 * Measures every case, all rows in turn in each round.
 * @throws Error where raw or the library fails; a peer that fails is left out from then on.
 */
export async function bench(
  rows: readonly Row[],
  options: BenchOptions,
  { progress, done, dropped }: Listeners,
): Promise<readonly CaseResult[]> {
  const all = rows.map((row) => new RunningRow(row, options.profileDirectory));
  const running = new Set(all);
  const attempt: Attempt = async (row, what) => {
    if (!running.has(row)) return;
    try {
      await what();
    } catch (error) {
      if (row.kind !== 'peer') throw error;
      running.delete(row);
      dropped(row.id, error);
    }
  };
  try {
    const delayMs = Math.max(...options.work.map((work) => (work.kind === 'burst' ? work.delayMs : 0)));
    // One after the other: some take a second of both cores to start.
    for (const row of all) {
      progress('start', row.id);
      await attempt(row, () => row.start(delayMs));
    }
    // Before the first case, so that it is not the one that all the compiling falls into.
    for (const row of running) {
      progress('warm-up', row.id);
      await attempt(row, () => measure(row, { ...WARM_UP_LOAD, durationMs: options.warmUpMs }));
    }
    const results: CaseResult[] = [];
    for (const work of options.work) {
      const title = describeWork(work);
      const result = await measureCase([...running], work, options, attempt, (doing) => progress(title, doing));
      results.push(result);
      done(result);
    }
    return results;
  } finally {
    await Promise.all(all.map((row) => row.stop()));
  }
}

/** Does something with a row, unless it has failed before. */
type Attempt = (row: RunningRow, what: () => Promise<unknown>) => Promise<void>;

async function measureCase(
  rows: readonly RunningRow[],
  work: Workload,
  { rounds, durationMs, warmUpMs, pin }: BenchOptions,
  attempt: Attempt,
  tell: (doing: string) => void,
): Promise<CaseResult> {
  const measured = new Map<string, Measurement[]>(rows.map(({ id }) => [id, []]));
  for (const row of rows) await attempt(row, () => row.connect(work.connections));
  const isAlone = work.kind === 'window' && work.window === 1;
  const unpin = pin && isAlone ? pinToOneCore(rows.flatMap((row) => row.pids)) : undefined;
  for (const row of rows) {
    tell(`warm-up, ${row.id}`);
    await attempt(row, () => measure(row, warmUpOf(work, warmUpMs)));
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < rows.length; turn++) {
      // Another one begins each time: who follows whom on a machine with a clock of its own mind shall not matter.
      const row = rows[(round + turn) % rows.length] as RunningRow;
      tell(`round ${round + 1} of ${rounds}, ${row.id}`);
      await attempt(row, async () => measured.get(row.id)?.push(await measure(row, loadOf(work, durationMs))));
    }
  }
  unpin?.();
  // One that has failed has not been through every round.
  for (const [id, { length }] of measured) if (length < rounds) measured.delete(id);
  return { work, pinned: unpin !== undefined, rows: summarise(measured) };
}

function measure(row: RunningRow, load: Load): Promise<Measurement> {
  const plannedMs = load.kind === 'window' ? load.durationMs + WINDOW_DRAIN_MS : BURST_DRAIN_MS;
  return row.measure(load, plannedMs + GRACE_MS);
}
