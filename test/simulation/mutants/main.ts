// npm run mutants: plants one fault after the other into a copy of the sources, and tells how soon the suite sees it.
// `npm run mutants -- <part of a name>`: only those.
import { MUTANTS } from './index.ts';
import { type Catch, hunt } from './plant.ts';

/** Every fault must be seen within so many schedules, from each of these seeds. */
const LIMIT = 2000;
const BASES = [1_000_000, 2_000_000, 3_000_000];
const JOBS = 2;

const wanted = process.argv.slice(2);
const chosen = MUTANTS.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const queue = [...chosen];
let missed = 0;
await Promise.all(
  Array.from({ length: JOBS }, async () => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const catches = await hunt(mutant, LIMIT, BASES);
      const isMissed = catches.some(({ promises }) => promises.length === 0);
      if (isMissed) missed++;
      console.log(line(mutant.name, catches, isMissed));
    }
  }),
);
console.log(`\n${chosen.length - missed} of ${chosen.length} faults seen within ${LIMIT} schedules`);
process.exitCode = missed === 0 ? 0 : 1;

function line(name: string, catches: readonly Catch[], isMissed: boolean): string {
  const sorted = catches.map(({ schedules }) => schedules).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  const promises = [...new Set(catches.flatMap(({ promises }) => promises))].sort().join(', ');
  const all = sorted.join(', ');
  return `| ${name} | ${isMissed ? 'NOT SEEN' : median} | ${all} | ${promises} |`;
}
