import { invalidOption } from '../../base/options/check.ts';
import type { Random } from '../../base/random.ts';
import { stateFrom, xoshiro128 } from './xoshiro.ts';

/** Seed that randomness grows from: the same seed gives the same numbers in every process. */
export type Seed = number | string;

/**
 * Random numbers that a seed decides (xoshiro128**).
 *
 * Whoever needs numbers takes a stream by a name of its own: one consumer more, or one that draws more often, does not
 * shift what the others get.
 *
 * @example
 * ```ts
 * const random = new SeededRandom(42);
 * const workload = random.stream('workload');
 * if (workload.chance(0.1)) await clock.sleep(workload.int(1, 1000));
 * ```
 */
export class SeededRandom {
  readonly #seed: string;
  readonly #next: Random;

  /**
   * @param seed - a whole number or a text.
   * @throws CmdStreamError `invalid-argument`.
   */
  constructor(seed: Seed) {
    if (typeof seed !== 'string' && !Number.isSafeInteger(seed)) {
      throw invalidOption('seed', 'a whole number or a text', seed);
    }
    this.#seed = String(seed);
    this.#next = xoshiro128(stateFrom(this.#seed));
  }

  /** A number within `[0, 1)`: a `Random` for the library's options. */
  readonly next: Random = () => this.#next() / 0x1_0000_0000;

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** `true` with the given probability. Draws nothing where that is 0. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** One of the list's entries. The list is not empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw invalidOption('list', 'a list with at least one entry', list);
    return list[this.int(0, list.length - 1)] as T;
  }

  /** Numbers of their own for `name`: they depend on the seed and on the name, on nothing that is drawn elsewhere. */
  stream(name: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${name}`);
  }
}
