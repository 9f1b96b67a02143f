import { type Seed, SeededRandom } from '../../src/testing/kit/random.ts';

/** The random numbers of `cmd-stream/testing`, and what tests draw beside. */
export class TestRandom extends SeededRandom {
  readonly #seed: Seed;

  constructor(seed: Seed) {
    super(seed);
    this.#seed = seed;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** So many random bytes. */
  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) bytes[at] = this.below(256);
    return bytes;
  }

  /** One of `choices`, each as likely as its weight says. */
  weighted<T extends { readonly weight: number }>(choices: readonly T[]): T {
    const total = choices.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.next() * total;
    for (const choice of choices) {
      left -= choice.weight;
      if (left < 0) return choice;
    }
    return choices.at(-1) as T;
  }

  override stream(name: string): TestRandom {
    return new TestRandom(`${this.#seed}/${name}`);
  }
}
