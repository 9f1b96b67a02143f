// Runs its share of many schedules: `worker.js <first seed> <step> <count>`; tells its parent how far it is.
import { judge, scheduleOf } from './judge.ts';
import { addTally, count, emptyTally } from './report/tally.ts';

/** What a worker tells its parent. States are those that it had not seen before. */
export interface WorkerReport {
  readonly schedules: number;
  readonly simulatedMs: number;
  readonly outcomes: Record<string, number>;
  readonly faults: Record<string, number>;
  readonly states: readonly string[];
  /** Seeds that break a promise, and which. */
  readonly bugs: readonly { readonly seed: number; readonly promise: string; readonly message: string }[];
}

const REPORT_EVERY_MS = 500;

// Thousands of errors are made on the way, and their stacks read by nobody.
Error.stackTraceLimit = 0;
// Nothing is to be done for a parent that is gone.
process.once('disconnect', () => process.exit());
// A worker that is told to stop ends its schedule and reports it. (A terminal tells all processes at once, hence `on`.)
let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
});
const [first = 0, step = 1, total = 0] = process.argv.slice(2).map(Number);
const known = emptyTally();
let tally = emptyTally();
let bugs: { seed: number; promise: string; message: string }[] = [];
let reportedMs = performance.now();

const report = () => {
  const states = [...tally.states].filter((state) => !known.states.has(state));
  addTally(known, tally);
  const { schedules, simulatedMs, outcomes, faults } = tally;
  const message: WorkerReport = { schedules, simulatedMs, outcomes, faults, states, bugs };
  process.send?.(message);
  tally = emptyTally();
  bugs = [];
  reportedMs = performance.now();
};

for (let index = 0; index < total && !stopped; index++) {
  const seed = first + index * step;
  const { run, violations } = await judge(scheduleOf(seed));
  count(tally, run);
  const [violation] = violations;
  if (violation !== undefined) bugs.push({ seed, promise: violation.promise, message: violation.message });
  if (performance.now() - reportedMs > REPORT_EVERY_MS) report();
}
report();
process.disconnect?.();
