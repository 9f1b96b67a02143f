import { describe, expect, it } from 'vitest';
import { RangeCopy } from '../../../../src/base/bytes/range-copy.ts';

describe('RangeCopy', () => {
  const source = (length: number, salt = 0) => Buffer.from(Array.from({ length }, (_, index) => index * 7 + salt));

  it('copies ranges of any length from anywhere to anywhere, and no byte beside them', () => {
    const ranges = new RangeCopy();
    const from = source(1000);
    for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 63, 127, 128, 129, 500]) {
      for (const [start, at] of [
        [0, 0],
        [3, 1],
        [1, 10],
      ] as const) {
        const to = Buffer.alloc(600, 0xee);
        ranges.copy(from, start, length, to, at);
        const expected = Buffer.alloc(600, 0xee);
        from.copy(expected, at, start, start + length);
        expect(to.equals(expected)).toBe(true);
      }
    }
  });

  it('copies out of and into windows of a larger memory', () => {
    const ranges = new RangeCopy();
    const memory = source(1000);
    const to = Buffer.alloc(300).subarray(100, 200);
    ranges.copy(memory.subarray(50, 150), 10, 20, to, 5);
    expect(to.subarray(5, 25)).toEqual(memory.subarray(60, 80));
    expect(to[4]).toBe(0);
    expect(to[25]).toBe(0);
  });

  it('follows when either memory is another one', () => {
    const ranges = new RangeCopy();
    const [a, b] = [source(64, 1), source(64, 2)];
    const [x, y] = [Buffer.alloc(64), Buffer.alloc(64)];
    for (const [from, to] of [
      [a, x],
      [a, y],
      [b, y],
      [b, x],
    ] as const) {
      ranges.copy(from, 8, 9, to, 0);
      expect(to.subarray(0, 9)).toEqual(from.subarray(8, 17));
    }
  });

  it('copies out of memory that is too large to be held on to', () => {
    const from = source(70_000);
    const to = Buffer.alloc(10);
    new RangeCopy().copy(from, 69_990, 10, to, 0);
    expect(to).toEqual(from.subarray(69_990));
  });
});
