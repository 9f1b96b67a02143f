import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/testing/kit/random.ts';
import { xoshiro128 } from '../../../src/testing/kit/xoshiro.ts';

const draw = (random: SeededRandom, count: number) => Array.from({ length: count }, () => random.next());

describe('xoshiro128**', () => {
  it('gives the numbers of its reference implementation', () => {
    const next = xoshiro128([1, 2, 3, 4]);
    const numbers = Array.from({ length: 10 }, () => next());
    const reference = [11_520, 0, 5_927_040, 70_819_200, 2_031_721_883, 1_637_235_492];
    expect(numbers).toEqual([...reference, 1_287_239_034, 3_734_860_849, 3_729_100_597, 4_258_142_804]);
  });
});

describe('seeded randomness', () => {
  it('is the same for the same seed, in this version and the next', () => {
    expect(draw(new SeededRandom(42), 3)).toEqual(draw(new SeededRandom(42), 3));
    expect(draw(new SeededRandom(42), 3)).toEqual(draw(new SeededRandom('42'), 3));
    expect(draw(new SeededRandom(42), 3).map((number) => Math.floor(number * 1e6))).toEqual(GOLDEN);
    expect(draw(new SeededRandom(43), 3)).not.toEqual(draw(new SeededRandom(42), 3));
  });

  it('has streams by name that nobody shifts', () => {
    const one = new SeededRandom(1);
    const before = draw(one.stream('workload'), 5);
    draw(one, 100);
    draw(one.stream('another'), 100);
    expect(draw(one.stream('workload'), 5)).toEqual(before);
    expect(draw(one.stream('another'), 5)).not.toEqual(before);
    expect(draw(new SeededRandom(2).stream('workload'), 5)).not.toEqual(before);
  });

  it('spreads evenly over ranges, lists and chances', () => {
    const random = new SeededRandom('even');
    const counts = new Map<number, number>();
    for (let drawn = 0; drawn < 12_000; drawn++) {
      const number = random.int(-1, 4);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-1, 0, 1, 2, 3, 4]);
    for (const count of counts.values()) expect(Math.abs(count - 2000)).toBeLessThan(200);
    expect(new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b'])))).toEqual(new Set(['a', 'b']));
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
    expect(Math.abs(hits - 3000)).toBeLessThan(200);
    expect(random.chance(0)).toBe(false);
    expect(random.chance(1)).toBe(true);
  });

  it('refuses a seed that is none, and an empty list', () => {
    for (const seed of [Number.NaN, 0.5, undefined, {}]) {
      expect(() => new SeededRandom(seed as never)).toThrow(/option 'seed' must be a whole number or a text/);
    }
    expect(() => new SeededRandom(1).pick([])).toThrow(/at least one entry/);
  });
});

/** The first numbers of the seed 42, times a million. */
const GOLDEN = [569_870, 19_467, 337_804];
