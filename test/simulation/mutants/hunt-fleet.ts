// Runs the fleet with the seeds `hunt-fleet.ts <limit> <base seed>...` until it breaks its word; prints JSON as `hunt.ts` does.
import { runFleet } from '../fleet.ts';

const [limit = 0, ...bases] = process.argv.slice(2).map(Number);
for (const base of bases) {
  let schedules = 0;
  let violations: readonly string[] = [];
  while (schedules < limit && violations.length === 0) violations = (await runFleet(base + schedules++)).violations;
  const promises = violations.length === 0 ? [] : ['fleet'];
  console.log(JSON.stringify({ base, schedules, promises, message: violations[0] ?? '' }));
}
