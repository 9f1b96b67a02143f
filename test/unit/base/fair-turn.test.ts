import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { FairTurn } from '../../../src/base/fair-turn.ts';

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

const owners = new Map<string, object>();
function owner(name: string): object {
  const own = owners.get(name) ?? {};
  owners.set(name, own);
  return own;
}

/** Looks at a turn as those do who take part in it. */
function isOver(turn: FairTurn): boolean {
  turn.look();
  return turn.isOver();
}

describe('a fair turn', () => {
  it('lets everyone go on for a slice, and then queue', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    expect(isOver(turn)).toBe(false);
    clock.ms = 0.09;
    expect(isOver(turn)).toBe(false);
    clock.ms = 0.11;
    expect(isOver(turn)).toBe(true);
    expect(isOver(turn)).toBe(true);
    clock.nextTurn();
    expect(isOver(turn)).toBe(false);
  });

  it('waits for no timer on a clock whose timers are those of the machine', async () => {
    const turn = new FairTurn({ ...systemClock, now: () => 0 });
    const order: string[] = [];
    const timer = setTimeout(() => order.push('timer'), 1);
    turn.queue(owner('a'), () => order.push('turn'));
    await new Promise((resolve) => setImmediate(resolve));
    clearTimeout(timer);
    expect(order.at(-1)).toBe('turn');
  });

  it('ends also on a clock that stands still', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    let asked = 1;
    while (!isOver(turn) && asked < 100_000) asked++;
    expect(asked).toBe(4097);
    clock.nextTurn();
    expect(isOver(turn)).toBe(false);
    expect(isOver(turn)).toBe(false);
  });

  it('is each turn the one of whoever has waited longest, with a slice of its own', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    const order: string[] = [];
    const greedy = (name: string) => () => {
      order.push(name);
      expect(isOver(turn)).toBe(false);
      clock.ms += 0.2;
      expect(isOver(turn)).toBe(true);
      turn.queue(owner(name), greedy(name));
    };
    for (const name of ['first', 'second', 'third']) turn.queue(owner(name), greedy(name));
    for (let turns = 0; turns < 7; turns++) clock.nextTurn();
    expect(order).toEqual(['first', 'second', 'third', 'first', 'second', 'third', 'first']);
    expect(clock.timers.size).toBe(1);
  });

  it('is by the owners in turn, and by what each of them queued first', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    const order: string[] = [];
    for (const what of ['a1', 'a2', 'a3', 'a4', 'b1', 'c1', 'b2']) {
      turn.queue(owner(what.slice(0, 1)), () => order.push(what));
    }
    const { number } = turn;
    for (let turns = 0; turns < 7; turns++) clock.nextTurn();
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    expect(turn.number - number).toBe(7);
  });

  it('is shared while there are several', () => {
    const turn = new FairTurn(manualClock());
    const shared = [turn.isShared];
    for (const change of ['join', 'join', 'leave', 'join', 'leave', 'leave'] as const) {
      turn[change]();
      shared.push(turn.isShared);
    }
    expect(shared).toEqual([false, false, true, false, true, false, false]);
  });

  it('counts from the first who asks in a turn', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    turn.look();
    clock.nextTurn();
    clock.ms = 1000;
    expect(isOver(turn)).toBe(false);
  });

  it('has no timer while nobody asks, and none once it is stopped, when all go on', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    expect(clock.timers.size).toBe(0);
    turn.look();
    clock.nextTurn();
    expect(clock.timers.size).toBe(0);
    let wentOn = 0;
    for (let waiting = 0; waiting < 3; waiting++) turn.queue({}, () => wentOn++);
    expect(clock.timers.size).toBe(1);
    turn.stop();
    expect(clock.timers.size).toBe(0);
    expect(wentOn).toBe(3);
    turn.stop();
  });

  it('R6: lets one that may take long go between two rounds of the others, however many wait on either side', () => {
    const clock = manualClock();
    const turn = new FairTurn(clock);
    const order: string[] = [];
    for (const name of ['A', 'B', 'C']) turn.queueLong(owner(name), () => order.push(name));
    const again = (name: string) => () => {
      order.push(name);
      turn.queue(owner(name), again(name));
    };
    for (const name of ['a', 'b']) turn.queue(owner(name), again(name));
    expect(turn.isAwaited).toBe(true);
    clock.nextTurn();
    turn.queue(owner('late'), () => order.push('late'));
    for (let count = 0; count < 8; count++) clock.nextTurn();
    expect(order.join(' ')).toBe('A a b B late a b C a');
    turn.stop();
  });

  it('R6: leaves nobody waiting who may take long when it stops', () => {
    const turn = new FairTurn(manualClock());
    const order: string[] = [];
    turn.queueLong(owner('A'), () => order.push('A'));
    turn.stop();
    expect(order).toEqual(['A']);
    expect(turn.isAwaited).toBe(false);
  });
});
