import { describe, expect, it } from 'vitest';
import { VirtualClock } from './virtual-clock.ts';

describe('the virtual clock', () => {
  it('fires a timer that re-arms itself as often as real time would', () => {
    const clock = new VirtualClock();
    const firedAt: number[] = [];
    const tick = () => {
      firedAt.push(clock.monotonicMs());
      clock.setTimeout(tick, 10);
    };
    clock.setTimeout(tick, 10);
    clock.advance(35);
    expect(firedAt).toEqual([10, 20, 30]);
    expect(clock.monotonicMs()).toBe(35);
    expect(clock.nextTimerInMs).toBe(5);
  });

  it('fires timers by their time, and those of the same time in the order in which they were set', () => {
    const clock = new VirtualClock();
    const fired: string[] = [];
    clock.setTimeout(() => fired.push('late'), 5);
    clock.setTimeout(() => fired.push('first'), 2);
    clock.setTimeout(() => fired.push('second'), 2);
    const cancelled = clock.setTimeout(() => fired.push('never'), 3);
    clock.clearTimeout(cancelled);
    clock.advance(5);
    expect(fired).toEqual(['first', 'second', 'late']);
    expect(clock.timers).toBe(0);
  });

  it('runs what a timer deferred before the next timer', () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimeout(() => clock.defer(() => order.push('deferred')), 1);
    clock.setTimeout(() => order.push('second timer'), 1);
    clock.advance(1);
    expect(order).toEqual(['deferred', 'second timer']);
  });

  it('lets promises settle between timers where asked to', async () => {
    const clock = new VirtualClock();
    const sleep = (ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
    let wokenAtMs = 0;
    const sleeper = (async () => {
      await sleep(10);
      await sleep(10);
      wokenAtMs = clock.monotonicMs();
    })();
    await clock.advanceWithTurns(100);
    await sleeper;
    expect(wokenAtMs).toBe(20);
  });

  it('refuses a delay that a Node timer does not hold', () => {
    const clock = new VirtualClock();
    expect(() => clock.setTimeout(() => {}, Number.POSITIVE_INFINITY)).toThrow(RangeError);
    expect(() => clock.setTimeout(() => {}, Number.NaN)).toThrow(RangeError);
  });
});
