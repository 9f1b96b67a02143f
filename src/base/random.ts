import type { Warnings } from './warnings.ts';

/** Returns a number within `[0, 1)`. */
export type Random = () => number;

/** The random numbers of the process. */
export const systemRandom: Random = () => Math.random();

/**
 * The numbers of `random`, which may be the user's: where it gives none that will do, a number of the process takes its
 * place and the process gets a warning. A wait that is no number would be none at all.
 */
export function checkedRandom(random: Random, warnings: Warnings): Random {
  if (random === systemRandom) return random;
  return () => {
    try {
      const number: unknown = random();
      if (typeof number === 'number' && number >= 0 && number < 1) return number;
      warnings.watchPromise("the option 'random'", number);
      throw new RangeError(
        `it must give a number from 0 to below 1; got ${typeof number === 'number' ? number : typeof number}`,
      );
    } catch (error) {
      warnings.userCodeFailed("the option 'random'", error);
      return systemRandom();
    }
  };
}
