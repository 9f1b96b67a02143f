import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, scheduleOf } from './judge.ts';
import { explainFailure } from './report/failure.ts';

/** How many schedules each of the two files runs. Before a change lands there are forty times as many: see `.ci/run`. */
export const SCHEDULES = 50;

/** Runs the schedules of many seeds, and throws with all that is known of the first that breaks a promise. */
export async function expectPromisesKept(firstSeed: number, schedules: number): Promise<void> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    for (let seed = firstSeed; seed < firstSeed + schedules; seed++) {
      const { violations } = await judge(scheduleOf(seed));
      if (violations.length === 0) continue;
      Error.stackTraceLimit = stackTraceLimit;
      throw new Error(await explainFailure(seed, join(tmpdir(), 'cmd-stream-simulation'), { shrinkMs: 20_000 }));
    }
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
