// Runs schedules until one breaks a promise: `hunt.ts <limit> <base seed>...`; prints a line of JSON for each base seed.
import { judge, scheduleOf } from '../judge.ts';

Error.stackTraceLimit = 0;
const [limit = 0, ...bases] = process.argv.slice(2).map(Number);
for (const base of bases) {
  let schedules = 0;
  let promises: string[] = [];
  let message = '';
  while (schedules < limit && promises.length === 0) {
    const { violations } = await judge(scheduleOf(base + schedules++));
    promises = [...new Set(violations.map(({ promise }) => promise))];
    message = violations[0]?.message ?? '';
  }
  console.log(JSON.stringify({ base, schedules, promises, message }));
}
