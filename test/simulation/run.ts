import { type LogEntry, SimulationFailed, simulate } from '../../src/testing.ts';
import type { Schedule } from './schedule.ts';
import { Warnings } from './world/warnings.ts';
import { World } from './world/world.ts';

/** What a schedule led to. */
export interface Run {
  readonly schedule: Schedule;
  readonly entries: readonly LogEntry[];
  /** Why it did not come to its end, if so. */
  readonly failure: string | undefined;
  /** What the process was warned of, or what nobody caught. */
  readonly warnings: readonly string[];
  readonly durationMs: number;
  readonly left: { readonly timers: number; readonly connections: number };
}

/** No run takes longer, in simulated time. */
const MAX_MS = 300_000;

/** Runs a schedule. Whatever happens is in what it resolves with. */
export async function runSchedule(schedule: Schedule): Promise<Run> {
  const { windowBytes, ...link } = schedule.network;
  using warnings = new Warnings();
  try {
    const result = await simulate(schedule.seed, (simulation) => new World(simulation, schedule).live(), {
      link,
      windowBytes,
      maxMs: MAX_MS,
      logBytes: false,
    });
    const { log: entries, durationMs, left } = result;
    return { schedule, entries, failure: undefined, warnings: warnings.all, durationMs, left };
  } catch (error) {
    if (!(error instanceof SimulationFailed)) throw error;
    const failure = error.cause instanceof Error ? (error.cause.stack ?? error.message) : error.message;
    const left = { timers: 0, connections: 0 };
    return { schedule, entries: error.log, failure, warnings: warnings.all, durationMs: error.atMs, left };
  }
}
