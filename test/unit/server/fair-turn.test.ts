import { describe, expect, it } from 'vitest';
import { FairTurn } from '../../../src/server/fair-turn.ts';
import { systemClock } from '../../../src/system/clock.ts';

/** A clock whose time passes, and whose timers fire, when the test says so. */
function manualClock() {
  const timers = new Map<object, () => void>();
  const clock = {
    ...systemClock,
    ms: 0,
    monotonicMs: () => clock.ms,
    setTimeout(callback: () => void) {
      const handle = {};
      timers.set(handle, callback);
      return handle;
    },
    clearTimeout: (handle: unknown) => void timers.delete(handle as object),
    timers,
    nextTurn() {
      for (const [handle, callback] of [...timers]) {
        timers.delete(handle);
        callback();
      }
    },
  };
  return clock;
}

describe('a fair turn', () => {
  it('lets everyone go on for a slice, and then wait for the next turn', async () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    expect(turn.wait()).toBeUndefined();
    clock.ms = 0.4;
    expect(turn.wait()).toBeUndefined();
    clock.ms = 0.6;
    const first = turn.wait();
    const second = turn.wait();
    expect(first).toBeInstanceOf(Promise);
    clock.nextTurn();
    await Promise.all([first, second]);
    expect(turn.wait()).toBeUndefined();
  });

  it('ends also on a clock that stands still', async () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    let asked = 0;
    let waiting: Promise<void> | undefined;
    while (waiting === undefined && asked < 100_000) {
      waiting = turn.wait();
      asked++;
    }
    expect(asked).toBe(4097);
    clock.nextTurn();
    await waiting;
    expect(turn.wait()).toBeUndefined();
    expect(turn.wait()).toBeUndefined();
  });

  it('lets who waited first, having used up the slice, go on last', async () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    turn.wait();
    clock.ms = 0.6;
    const order: string[] = [];
    const waiting = ['greedy', 'second', 'third'].map((name) => turn.wait()?.then(() => order.push(name)));
    clock.nextTurn();
    await Promise.all(waiting);
    expect(order).toEqual(['second', 'third', 'greedy']);
  });

  it('counts from the first who asks in a turn', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    turn.wait();
    clock.nextTurn();
    clock.ms = 1000;
    expect(turn.wait()).toBeUndefined();
  });

  it('has no timer while nobody asks, and none once it is stopped', async () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    expect(clock.timers.size).toBe(0);
    turn.wait();
    clock.nextTurn();
    expect(clock.timers.size).toBe(0);
    turn.wait();
    clock.ms = 100;
    const waiting = turn.wait();
    turn.stop();
    expect(clock.timers.size).toBe(0);
    await waiting;
    turn.stop();
  });
});
