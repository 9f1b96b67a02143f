import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/testing/kit/virtual-clock.ts';
import { runs } from '../../support/runs.ts';

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

  it('never comes to a time that is none', async () => {
    const clock = new VirtualClock();
    for (const atMs of [Number.NaN, Number.POSITIVE_INFINITY, '5' as unknown as number]) {
      expect(() => clock.at(atMs, () => {})).toThrow(RangeError);
    }
    for (const ms of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      expect(() => clock.advance(ms)).toThrow(RangeError);
      await expect(clock.advanceWithTurns(ms)).rejects.toThrow(RangeError);
    }
    await expect(clock.sleep(Number.NaN)).rejects.toThrow(RangeError);
    expect([clock.timers, clock.monotonicMs()]).toEqual([0, 0]);
  });
});

describe('any timers', () => {
  const steps = fc.oneof(
    { weight: 3, arbitrary: fc.record({ set: fc.integer({ min: 0, max: 50 }) }) },
    { weight: 2, arbitrary: fc.record({ clear: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ pass: fc.integer({ min: 0, max: 20 }) }) },
  );

  it('fire as a plain list of them would', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 200, size: 'max' }), (list) => {
        const clock = new VirtualClock();
        const fired: number[] = [];
        const handles: unknown[] = [];
        const expected: number[] = [];
        let waiting: { id: number; dueMs: number }[] = [];
        for (const step of list) {
          if ('set' in step) {
            const id = handles.length;
            handles.push(clock.at(clock.monotonicMs() + step.set, () => fired.push(id)));
            waiting.push({ id, dueMs: clock.monotonicMs() + step.set });
          } else if ('clear' in step) {
            const id = step.clear % Math.max(1, handles.length);
            clock.clearTimeout(handles[id]);
            waiting = waiting.filter((timer) => timer.id !== id);
          } else {
            clock.advance(step.pass);
            const due = waiting.filter(({ dueMs }) => dueMs <= clock.monotonicMs());
            expected.push(...due.sort((a, b) => a.dueMs - b.dueMs || a.id - b.id).map(({ id }) => id));
            waiting = waiting.filter((timer) => !due.includes(timer));
          }
          expect(clock.timers).toBe(waiting.length);
        }
        expect(fired).toEqual(expected);
      }),
      { numRuns: runs(200) },
    );
  });

  it('of which most are cancelled do not pile up, nor lose their order', () => {
    const clock = new VirtualClock();
    const fired: number[] = [];
    const handles = Array.from({ length: 10_000 }, (_, n) => {
      const atMs = (n * 7_919) % 10_007;
      return clock.at(atMs, () => fired.push(atMs));
    });
    for (const [n, handle] of handles.entries()) if (n % 20 !== 0) clock.clearTimeout(handle);
    expect(clock.timers).toBe(500);
    clock.advance(20_000);
    expect(fired.length).toBe(500);
    expect(fired).toEqual(fired.toSorted((a, b) => a - b));
  });
});

describe('waiting on the virtual clock', () => {
  it('is a promise, or a signal as AbortSignal.timeout makes it', async () => {
    const clock = new VirtualClock();
    const signal = clock.timeoutSignal(50);
    let slept = false;
    void clock.sleep(100).then(() => {
      slept = true;
    });
    await clock.advanceWithTurns(49);
    expect([signal.aborted, slept]).toEqual([false, false]);
    await clock.advanceWithTurns(1);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
    await clock.advanceWithTurns(50);
    expect(slept).toBe(true);
  });
});
