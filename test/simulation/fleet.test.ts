import { expect, it } from 'vitest';
import { runs } from '../support/runs.ts';
import { runFleet } from './fleet.ts';

/** The faults that `test/slow/simulation` plants are each seen with the first. */
const SEEDS = runs(3);

it('F15: thirty senders are spread within a minute of every change, and none is worse off for it', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    // With the wire extension, and without it.
    expect((await runFleet(seed, seed % 3 === 0)).violations, `seed ${seed}`).toEqual([]);
  }
}, 240_000);
