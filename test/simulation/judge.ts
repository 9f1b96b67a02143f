import fc from 'fast-check';
import { schedules } from './generate/schedules.ts';
import type { Violation } from './history.ts';
import { violationsOf } from './promises/index.ts';
import { type Run, runSchedule } from './run.ts';
import type { Schedule } from './schedule.ts';

/** What became of a schedule. */
export interface Verdict {
  readonly run: Run;
  readonly violations: readonly Violation[];
}

/** The schedule that a seed stands for. */
export function scheduleOf(seed: number): Schedule {
  const [schedule] = fc.sample(schedules, { seed, numRuns: 1, unbiased: true });
  return schedule as Schedule;
}

/** Runs a schedule, and looks which promises it breaks. */
export async function judge(schedule: Schedule): Promise<Verdict> {
  const run = await runSchedule(schedule);
  return { run, violations: violationsOf(run) };
}

/** A schedule that breaks a promise, as small as it could be made. */
export interface Shrunk extends Verdict {
  /** Where fast-check found it below its seed. */
  readonly path: string;
  readonly shrinks: number;
}

/**
 * Makes the schedule of a seed smaller, as long as it breaks the same promise, for so long at most; or takes the one at
 * `path`. Nothing where the schedule breaks no promise.
 *
 * @param judging - for tests: who says what a schedule breaks.
 */
export async function shrink(
  seed: number,
  maxMs: number,
  path?: string,
  judging: typeof judge = judge,
): Promise<Shrunk | undefined> {
  const untilMs = performance.now() + maxMs;
  let best: Verdict | undefined;
  const property = fc.asyncProperty(schedules, async (schedule) => {
    if (performance.now() > untilMs) return;
    const verdict = await judging(schedule);
    const wanted = best?.violations[0]?.promise;
    if (!verdict.violations.some(({ promise }) => wanted === undefined || promise === wanted)) return;
    best = verdict;
    throw new Error('broken');
  });
  const parameters = path === undefined ? {} : { path, endOnFailure: true };
  const details = await fc.check(property, { seed, numRuns: 1, unbiased: true, ...parameters });
  if (best === undefined) return undefined;
  return { ...best, path: details.counterexamplePath ?? '0', shrinks: details.numShrinks };
}
