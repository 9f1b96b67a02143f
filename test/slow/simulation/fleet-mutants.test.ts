import { expect, it } from 'vitest';
import { OF_THE_FLEET } from '../../simulation/mutants/of-the-fleet.ts';
import { hunt } from '../../simulation/mutants/plant.ts';

/** As many as `test/simulation/fleet.test.ts` tries; each planted fault is seen with the first. */
const SEEDS = 3;

it.each(OF_THE_FLEET)(
  'the fleet sees a planted fault: $name',
  async (mutant) => {
    const [caught] = await hunt(mutant, SEEDS, [1], 'hunt-fleet.ts');
    expect(caught?.promises).toEqual(['fleet']);
  },
  240_000,
);
