import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backlog, ResultBounds, watchRest } from '../../../../src/sender/client/backlog.ts';

/** What every Result weighs beside its own bytes. */
const OVERHEAD = 64;

function filled(bounds: ResultBounds, count: number, bytes: number): Backlog {
  const backlog = new Backlog(bounds);
  for (let n = 0; n < count; n++) backlog.add(bytes - OVERHEAD, n);
  backlog.reassess();
  return backlog;
}

describe('what waits of a stream', () => {
  it('R2-D3: is slow from half of its bytes on, full with all of them, and has room again at a quarter', () => {
    const backlog = new Backlog(new ResultBounds(1_000, 1_000));
    const seen: string[] = [];
    for (let n = 1; n <= 10; n++) {
      backlog.add(100 - OVERHEAD, n);
      if (backlog.reassess()) seen.push(`${backlog.pressure} with ${backlog.bytes}`);
    }
    for (let n = 1; n <= 10; n++) {
      backlog.remove(100 - OVERHEAD);
      if (backlog.reassess()) seen.push(`${backlog.pressure} with ${backlog.bytes}`);
    }
    expect(seen).toEqual(['slow with 500', 'full with 1000', 'slow with 700', 'none with 200']);
  });

  it('A2: is slow by number only by what waited when the bytes came that are being read', () => {
    const backlog = new Backlog(new ResultBounds(4, 1_000_000));
    for (let n = 0; n < 1_000; n++) backlog.add(1, 1);
    expect([backlog.reassess(), backlog.isFull(1)]).toEqual([false, false]);
    expect(backlog.isFull(2)).toBe(true);
    backlog.add(1, 2);
    expect([backlog.reassess(), backlog.pressure]).toEqual([true, 'slow']);
    for (let n = 0; n < 998; n++) backlog.remove(1);
    expect(backlog.reassess()).toBe(false);
    backlog.remove(1);
    expect([backlog.reassess(), backlog.pressure]).toEqual([true, 'none']);
  });

  it('R2-D3: has room when nothing waits, however much one Result weighs', () => {
    const backlog = filled(new ResultBounds(1, 1), 1, 5_000);
    expect(backlog.pressure).toBe('full');
    backlog.remove(5_000 - OVERHEAD);
    expect([backlog.reassess(), backlog.pressure]).toEqual([true, 'none']);
  });

  it('R2-D3: counts among all streams of its sender: those are to blame that keep more than an equal share', () => {
    const bounds = new ResultBounds(1_000, 1_000);
    expect(bounds.maxTotalBytes).toBe(4_000);
    const large = Array.from({ length: 4 }, () => filled(bounds, 9, 100));
    const small = filled(bounds, 1, 100);
    expect(large.map(({ pressure }) => pressure)).toEqual(['slow', 'slow', 'slow', 'slow']);
    filled(bounds, 5, 100);
    expect(bounds).toMatchObject({ totalBytes: 4_200, backlogs: 6 });
    expect(large.map((backlog) => backlog.isAtBound)).toEqual([true, true, true, true]);
    expect(small.isAtBound).toBe(false);
    large[0]?.clear();
    expect(bounds).toMatchObject({ totalBytes: 3_300, backlogs: 5 });
    expect(large[1]?.isAtBound).toBe(false);
  });

  it('R2-D3: leaves nothing behind in the count of all streams, whatever happens', () => {
    const step = fc.record({
      stream: fc.nat(3),
      what: fc.constantFrom('add', 'add', 'remove', 'clear', 'uncount'),
      weight: fc.nat(1_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bounds = new ResultBounds(5, 1_000);
        const streams = Array.from({ length: 4 }, () => ({ backlog: new Backlog(bounds), kept: [] as number[] }));
        for (const { stream, what, weight } of steps) {
          const { backlog, kept } = streams[stream] as (typeof streams)[number];
          if (what === 'add') {
            backlog.add(weight, 1);
            kept.push(weight);
          } else if (what === 'remove' && kept.length > 0) {
            backlog.remove(kept.shift() as number);
          } else if (what === 'clear') {
            backlog.clear();
            kept.length = 0;
          } else if (what === 'uncount') {
            backlog.uncount();
          }
          expect(backlog.bytes).toBe(kept.reduce((sum, each) => sum + each + OVERHEAD, 0));
          expect(bounds.totalBytes).toBeGreaterThanOrEqual(0);
        }
        for (const { backlog } of streams) backlog.clear();
        expect(bounds).toMatchObject({ totalBytes: 0, backlogs: 0 });
      }),
    );
  });

  it('R2-D3: counts after the end of its stream for as long as somebody may take it', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const bounds = new ResultBounds(1_000, 1_000_000);
    const small = filled(bounds, 10, 100);
    watchRest({}, small);
    expect(bounds.totalBytes).toBe(0);
    let owner: object | undefined = {};
    watchRest(owner, filled(bounds, 10, 50_000));
    expect(bounds.totalBytes).toBe(500_000);
    expect(owner).toEqual({});
    owner = undefined;
    await expect
      .poll(() => {
        collect();
        return bounds.totalBytes;
      })
      .toBe(0);
    expect(bounds.backlogs).toBe(0);
  });
});
