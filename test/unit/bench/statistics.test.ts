import { describe, expect, it } from 'vitest';
import { median, percentile, spread } from '../../bench/statistics.ts';

describe('the median', () => {
  it('is the middle one of an odd number of values, in whatever order they come', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 9, 100])).toBe(10);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });

  it('leaves its values as they were', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('a percentile', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index + 1);

  it('is the value at its rank', () => {
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.991)).toBe(100);
    expect(percentile(hundred, 1)).toBe(100);
  });

  it('of few values is one of them', () => {
    expect(percentile([7], 0.5)).toBe(7);
    expect(percentile([7, 8], 0.5)).toBe(7);
    expect(percentile([7, 8], 0.99)).toBe(8);
    expect(percentile([7, 8], 0)).toBe(7);
  });
});

it('a spread tells median, least and most', () => {
  expect(spread([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
});
