import { describe, expect, it } from 'vitest';
import { Seconds } from '../../../../src/inspect/local/seconds.ts';
import { KEPT } from '../../../../src/inspect/local/shown.ts';

const within = (share: number, value: number) => (told: number | undefined) =>
  expect(Math.abs((told ?? Number.NaN) / value - 1)).toBeLessThan(share);

describe('the figures of seconds', () => {
  it('count requests and failures, and tell how long they took within 5%', () => {
    const seconds = new Seconds();
    for (let n = 1; n <= 1_000; n++) seconds.add(2_000 + n / 2, n / 10, n % 100 === 0);
    const [only, ...others] = seconds.all();
    expect(others).toEqual([]);
    expect(only).toMatchObject({ second: 2, ended: 1_000, failed: 10 });
    within(0.05, 50)(only?.p50Ms);
    within(0.05, 99)(only?.p99Ms);
  });

  it('tell the 99th percentile of the last full second, and nothing before', () => {
    const seconds = new Seconds();
    seconds.add(10, 3, false);
    expect(seconds.slowMs).toBeUndefined();
    seconds.add(1_010, 700, false);
    within(0.05, 3)(seconds.slowMs);
  });

  it('hand out each second until it is over, and what has not changed no more', () => {
    const seconds = new Seconds();
    const taken = () => seconds.takeChanges().map(({ second, ended }) => [second, ended]);
    expect(taken()).toEqual([]);
    seconds.add(100, 1, false);
    expect(taken()).toEqual([[0, 1]]);
    seconds.add(200, 1, false);
    seconds.add(5_000, 1, false);
    seconds.add(6_000, 1, false);
    expect(taken()).toEqual([
      [0, 2],
      [5, 1],
      [6, 1],
    ]);
    expect(taken()).toEqual([]);
  });

  it('are bounded, and take the shortest and the longest times', () => {
    const seconds = new Seconds();
    for (let n = 0; n < 500; n++) seconds.add(n * 1_000, n === 499 ? 1e12 : 0, true);
    expect(seconds.all()).toHaveLength(KEPT.seconds);
    expect(seconds.takeChanges()).toHaveLength(KEPT.seconds);
    expect(seconds.all()[0]).toEqual({ second: 380, ended: 1, failed: 1, p50Ms: 0.01, p99Ms: 0.01 });
    expect(Number.isFinite(seconds.all().at(-1)?.p99Ms)).toBe(true);
  });
});
