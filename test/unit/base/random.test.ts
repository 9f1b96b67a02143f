import { describe, expect, it } from 'vitest';
import { checkedRandom, systemRandom } from '../../../src/base/random.ts';
import { warningsTo } from '../../support/warnings.ts';

describe('random numbers of the user', () => {
  it('are used as they are where they will do', () => {
    const warnings: string[] = [];
    const numbers = [0, 0.25, 0.999];
    const random = checkedRandom(() => numbers.shift() as number, warningsTo(warnings));
    expect([random(), random(), random()]).toEqual([0, 0.25, 0.999]);
    expect(warnings).toEqual([]);
    expect(checkedRandom(systemRandom, warningsTo([]))).toBe(systemRandom);
  });

  it.each<[unknown, string]>([
    [Number.NaN, 'got NaN'],
    [-1, 'got -1'],
    [1, 'got 1'],
    [Number.POSITIVE_INFINITY, 'got Infinity'],
    ['0.5', 'got string'],
    [undefined, 'got undefined'],
  ])('R5-G: are replaced where they will not: %s', (given, told) => {
    const warnings: string[] = [];
    const random = checkedRandom(() => given as number, warningsTo(warnings));
    const numbers = Array.from({ length: 50 }, random);
    for (const number of numbers) expect(number >= 0 && number < 1).toBe(true);
    expect(new Set(numbers).size).toBeGreaterThan(1);
    expect(warnings).toEqual([expect.stringContaining("the option 'random' failed")]);
    expect(warnings[0]).toContain(told);
  });

  it('R5-G: are replaced where they come by a promise, which may reject', async () => {
    const warnings: string[] = [];
    const random = checkedRandom(
      (async () => {
        throw new Error('own mistake');
      }) as never,
      warningsTo(warnings),
    );
    expect(random()).toBeLessThan(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([expect.stringContaining('got object')]);
  });

  it('R5-G: are replaced where asking for one throws', () => {
    const warnings: string[] = [];
    const random = checkedRandom(() => {
      throw new Error('no entropy');
    }, warningsTo(warnings));
    expect(random()).toBeLessThan(1);
    expect(warnings).toEqual([expect.stringContaining('no entropy')]);
  });
});
