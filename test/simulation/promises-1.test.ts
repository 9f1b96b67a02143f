import { it } from 'vitest';
import { expectPromisesKept } from './support.ts';

// Two files, so that two processes work. More of them, and others: npm run simulate.
it('1,000 schedules of configuration, workload and faults break none of the promises', async () => {
  await expectPromisesKept(1_000, 1000);
}, 240_000);
