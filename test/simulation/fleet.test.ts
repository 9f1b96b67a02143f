import { expect, it } from 'vitest';
import { runFleet } from './fleet.ts';
import { OF_THE_FLEET } from './mutants/of-the-fleet.ts';
import { hunt } from './mutants/plant.ts';

/** Each planted fault is seen with the first. */
const SEEDS = 3;

it('F15: thirty senders are spread within a minute of every change, and none is worse off for it', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    // With the wire extension, and without it.
    expect((await runFleet(seed, seed % 3 === 0)).violations, `seed ${seed}`).toEqual([]);
  }
}, 240_000);

it.each(OF_THE_FLEET)(
  'the fleet sees a planted fault: $name',
  async (mutant) => {
    const [caught] = await hunt(mutant, SEEDS, [1], 'hunt-fleet.ts');
    expect(caught?.promises).toEqual(['fleet']);
  },
  240_000,
);
