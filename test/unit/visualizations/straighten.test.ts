import { describe, expect, it } from 'vitest';
import { straighten } from '../../../visualizations/draw/straighten.ts';

const start = { x: 0, y: 0, width: 100, height: 40 };
const end = { x: 0, y: 200, width: 100, height: 40 };
/** Down, aside, and down again: from `from` to `to`. */
const route = (from: number, to: number) => ({
  points: [
    { x: from, y: 40 },
    { x: from, y: 120 },
    { x: to, y: 120 },
    { x: to, y: 200 },
  ],
  start,
  end,
});

describe('straighten', () => {
  it('takes a small kink out: the line meets its box a little further along', () => {
    expect(straighten([route(50, 58)])).toEqual([
      [
        { x: 58, y: 40 },
        { x: 58, y: 200 },
      ],
    ]);
  });

  it('leaves a wide step, which leads somewhere', () => {
    expect(straighten([route(20, 80)])).toEqual([route(20, 80).points]);
  });

  it('leaves a kink where the line would miss the box, or come too close to its corner', () => {
    expect(straighten([route(88, 96)])[0]?.[0]).toEqual({ x: 88, y: 40 });
  });

  it('leaves a kink where the line would come too close to another one, at either end', () => {
    const [kinked] = straighten([route(50, 60), route(65, 65), route(45, 45)]);
    expect(kinked).toEqual(route(50, 60).points);
  });
});
