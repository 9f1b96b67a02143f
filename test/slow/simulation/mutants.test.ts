import { describe, expect, it } from 'vitest';
import { MUTANTS } from '../../simulation/mutants/index.ts';
import { hunt } from '../../simulation/mutants/plant.ts';

const byName = (name: string) => MUTANTS.find((mutant) => mutant.name === name);

describe('the suite', () => {
  it.each([
    ['swallowed stream error', '3'],
    ['sent twice', '4'],
    ['socket left open', '5'],
    ['cancelling is a failure', 'breaker'],
  ])(
    'sees a planted fault: %s',
    async (name, promise) => {
      const [caught] = await hunt(byName(name), 200, [1_000_000]);
      expect(caught?.promises).toContain(promise);
    },
    120_000,
  );

  it('sees nothing where nothing is planted', async () => {
    const [caught] = await hunt(undefined, 20, [1_000_000]);
    expect(caught).toMatchObject({ schedules: 20, promises: [] });
  }, 120_000);
});
