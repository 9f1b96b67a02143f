import { it } from 'vitest';
import { expectPromisesKept, SCHEDULES } from './support.ts';

// Two files, so that two processes work. More of them, and others: npm run simulate.
it(`${SCHEDULES} schedules of configuration, workload and faults break none of the promises`, async () => {
  await expectPromisesKept(1_000, SCHEDULES);
}, 900_000);
