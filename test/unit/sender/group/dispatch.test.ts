import { describe, expect, it } from 'vitest';
import {
  type DispatchCandidate,
  type DispatchStrategy,
  LeastPending,
  pickFrom,
  RoundRobin,
  resolveDispatch,
} from '../../../../src/sender/group/dispatch.ts';

function candidates(...pending: number[]): (DispatchCandidate & { pending: number })[] {
  return pending.map((count, id) => ({
    id,
    address: `10.0.0.${id}:1`,
    pending: count,
    bufferedBytes: 0,
    recentFailures: 0,
  }));
}

/** How often each candidate is picked in `times` turns. */
function counts(strategy: DispatchStrategy, ready: readonly DispatchCandidate[], times: number): number[] {
  const picked = ready.map(() => 0);
  for (let turn = 0; turn < times; turn++) {
    const { id } = pickFrom(ready, strategy);
    picked[id] = (picked[id] ?? 0) + 1;
  }
  return picked;
}

describe('round-robin', () => {
  it('takes one after the other', () => {
    const strategy = new RoundRobin();
    const ready = candidates(0, 0, 0);
    const order = Array.from({ length: 7 }, () => pickFrom(ready, strategy).id);
    const [first = 0] = order;
    expect(order).toEqual(Array.from({ length: 7 }, (_, turn) => (first + turn) % 3));
  });

  it('is fair whoever comes and goes', () => {
    const strategy = new RoundRobin();
    expect(counts(strategy, candidates(0, 0, 0, 0), 400)).toEqual([100, 100, 100, 100]);
    expect(counts(strategy, candidates(0, 0), 400)).toEqual([200, 200]);
    expect(counts(strategy, candidates(0), 3)).toEqual([3]);
    expect(counts(strategy, candidates(0, 0, 0), 300)).toEqual([100, 100, 100]);
  });
});

describe('least-pending', () => {
  it('takes the one with the fewest', () => {
    const strategy = new LeastPending();
    expect(counts(strategy, candidates(3, 1, 2), 10)).toEqual([0, 10, 0]);
    expect(counts(strategy, candidates(3, 1, 0), 10)).toEqual([0, 0, 10]);
  });

  it('A15: takes what failed lately for what waits', () => {
    const strategy = new LeastPending();
    const failing = (count: number) =>
      candidates(0, 2, 5).map((one) => (one.id > 0 ? one : { ...one, recentFailures: count }));
    expect(counts(strategy, failing(1), 30)).toEqual([30, 0, 0]);
    expect(counts(strategy, failing(3), 30)).toEqual([0, 30, 0]);
  });

  it('is fair among equals', () => {
    const strategy = new LeastPending();
    expect(counts(strategy, candidates(0, 0, 0), 300)).toEqual([100, 100, 100]);
    expect(counts(strategy, candidates(5, 5, 5, 5), 400)).toEqual([100, 100, 100, 100]);
  });

  it('evens out what is pending', () => {
    const strategy = new LeastPending();
    const ready = candidates(9, 0, 4);
    for (let turn = 0; turn < 17; turn++) pickFrom(ready, strategy).pending++;
    expect(ready.map(({ pending }) => pending)).toEqual([10, 10, 10]);
  });
});

describe('a strategy of the user', () => {
  it('decides', () => {
    const last: DispatchStrategy = { pick: (ready) => ready[ready.length - 1] as (typeof ready)[number] };
    expect(counts(last, candidates(0, 0, 0), 5)).toEqual([0, 0, 5]);
  });

  it.each([
    ['nothing', undefined, 'got undefined'],
    ['another object', candidates(0)[0], 'got an object'],
    ['an index', 0, 'got 0'],
  ])('that returns %s is told so', (_, returned, got) => {
    const strategy = { pick: () => returned } as unknown as DispatchStrategy;
    expect(() => pickFrom(candidates(0, 0), strategy)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: `the dispatch strategy's pick(ready) must return one of 'ready'; ${got}`,
      }),
    );
  });

  it('that throws is told so', () => {
    const cause = new TypeError('weights is undefined');
    const strategy: DispatchStrategy = {
      pick: () => {
        throw cause;
      },
    };
    expect(() => pickFrom(candidates(0), strategy)).toThrow(
      expect.objectContaining({ code: 'invalid-argument', cause, message: expect.stringContaining(cause.message) }),
    );
  });
});

describe('the option dispatch', () => {
  it('takes a name or a strategy', () => {
    expect(resolveDispatch(undefined)).toBeInstanceOf(RoundRobin);
    expect(resolveDispatch('round-robin')).toBeInstanceOf(RoundRobin);
    expect(resolveDispatch('least-pending')).toBeInstanceOf(LeastPending);
    const own = new RoundRobin();
    expect(resolveDispatch(own)).toBe(own);
  });

  it.each([['random'], [null], [{ choose: () => 0 }]])('refuses %j', (option) => {
    expect(() => resolveDispatch(option as unknown as 'round-robin')).toThrow(`option 'dispatch' must be`);
  });
});
