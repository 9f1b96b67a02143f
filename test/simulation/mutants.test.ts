import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MUTANTS } from './mutants/index.ts';
import { plantInto, replacementsOf } from './mutants/mutant.ts';
import { OF_THE_FLEET } from './mutants/of-the-fleet.ts';
import { ROOT } from './mutants/plant.ts';

describe('the faults that npm run mutants plants', () => {
  it('are at least 24, each with a name of its own', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(24);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  });

  it.each([...MUTANTS, ...OF_THE_FLEET])('$name: can still be planted into $file', (mutant) => {
    for (const replacement of replacementsOf(mutant)) {
      const text = readFileSync(join(ROOT, replacement.file), 'utf8');
      expect(plantInto(text, replacement, mutant.name)).not.toBe(text);
    }
  });

  it('are refused loudly where the sources are others by now', () => {
    const replacement = { file: 'f.ts', from: 'a', to: 'b' };
    expect(() => plantInto('none here: 0', { ...replacement, from: 'zzz' }, 'x')).toThrow(/'x': f.ts holds .* 0 times/);
    expect(() => plantInto('a a', replacement, 'x')).toThrow('2 times');
    expect(() => plantInto('a', { ...replacement, to: 'a' }, 'x')).toThrow('changes nothing');
    expect(plantInto('a', { ...replacement, to: '$&' }, 'x')).toBe('$&');
  });
});
