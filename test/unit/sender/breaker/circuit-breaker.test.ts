import { afterEach, describe, expect, it } from 'vitest';
import { createActor, fromTransition, type InspectionEvent } from 'xstate';
import { type CircuitBreaker, createCircuitBreaker } from '../../../../src/sender/breaker/circuit-breaker.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { open, startBreaker, startHalfOpen } from './support.ts';

describe('a closed circuit breaker', () => {
  it('admits every Command', () => {
    const { breaker } = startBreaker();
    const tokens = Array.from({ length: 1000 }, () => breaker.admit());
    expect(tokens.every((token) => token > 0)).toBe(true);
  });

  it('opens when the share of failures in the window reaches the failure rate', () => {
    const { breaker, changes } = startBreaker({ windowSize: 4, failureRate: 0.5 });
    breaker.fail(breaker.admit());
    breaker.succeed(breaker.admit());
    expect(breaker.state).toBe('closed');
    breaker.fail(breaker.admit());
    expect(breaker.state).toBe('open');
    expect(changes).toEqual(['closed>open']);
  });

  it('stays closed while failures leave the window in time', () => {
    const { breaker } = startBreaker({ windowSize: 4, failureRate: 0.5 });
    for (let round = 0; round < 20; round++) {
      breaker.fail(breaker.admit());
      for (let n = 0; n < 3; n++) breaker.succeed(breaker.admit());
    }
    expect(breaker.state).toBe('closed');
  });

  it('takes neutral outcomes for nothing', () => {
    const { breaker } = startBreaker({ windowSize: 2, failureRate: 1 });
    breaker.fail(breaker.admit());
    for (let n = 0; n < 10; n++) breaker.neutral(breaker.admit());
    breaker.fail(breaker.admit());
    expect(breaker.state).toBe('open');
  });

  it('sends its actor no event for outcomes that change nothing', () => {
    const seen: string[] = [];
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.event') seen.push(event.event.type);
    };
    const { breaker } = startBreaker({ windowSize: 10 }, { inspect });
    seen.length = 0;
    for (let n = 0; n < 100; n++) breaker.succeed(breaker.admit());
    breaker.fail(breaker.admit());
    breaker.neutral(breaker.admit());
    expect(seen).toEqual([]);
    open(breaker);
    expect(seen).toEqual(['failureRate.reached']);
  });
});

describe('an open circuit breaker', () => {
  it('admits nothing until its time is over, and says how long that is', () => {
    const { breaker, clock, changes } = startBreaker({ openDurationMs: 1000 });
    expect(breaker.openForMs).toBe(0);
    clock.advance(5000);
    open(breaker);
    expect(breaker.openForMs).toBe(1000);
    expect(breaker.admit()).toBe(0);
    clock.advance(999);
    expect(breaker.admit()).toBe(0);
    expect(breaker.openForMs).toBe(1);
    expect(breaker.describeRefusal()).toContain('try again in 1 ms');
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
    expect(breaker.openForMs).toBe(0);
    expect(changes).toEqual(['closed>open', 'open>half-open']);
  });

  it('takes outcomes of Commands that were admitted before for nothing', () => {
    const { breaker, clock } = startBreaker({ openDurationMs: 1000 });
    const early = breaker.admit();
    open(breaker);
    breaker.fail(early);
    clock.advance(1000);
    expect(breaker.state).toBe('half-open');
  });
});

describe('a half-open circuit breaker', () => {
  it('admits as many trials as successes are wanted, and says why not more', () => {
    const { breaker } = startHalfOpen({ successThreshold: 3 });
    const tokens = Array.from({ length: 10 }, () => breaker.admit());
    expect(tokens.filter((token) => token !== 0)).toHaveLength(3);
    expect(breaker.describeRefusal()).toContain('half-open');
  });

  it('closes when all of them succeed, with a window that knows no failure', () => {
    const { breaker, changes } = startHalfOpen({ windowSize: 2, successThreshold: 2 });
    breaker.succeed(breaker.admit());
    expect(breaker.state).toBe('half-open');
    breaker.succeed(breaker.admit());
    expect(breaker.state).toBe('closed');
    expect(changes.at(-1)).toBe('half-open>closed');
    breaker.succeed(breaker.admit());
    expect(breaker.state).toBe('closed');
  });

  it('opens again, for the whole open duration, when one fails', () => {
    const { breaker, clock } = startHalfOpen({ successThreshold: 2 });
    const [first, second] = [breaker.admit(), breaker.admit()];
    breaker.fail(first);
    expect(breaker.state).toBe('open');
    breaker.succeed(second);
    clock.advance(999);
    expect(breaker.state).toBe('open');
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
  });

  it('lets a trial that was cancelled be repeated', () => {
    const { breaker } = startHalfOpen({ successThreshold: 1 });
    const cancelled = breaker.admit();
    expect(breaker.admit()).toBe(0);
    breaker.neutral(cancelled);
    breaker.succeed(breaker.admit());
    expect(breaker.state).toBe('closed');
  });

  it('counts no outcome without a trial under way', () => {
    const outcomes: string[] = [];
    const { breaker } = startHalfOpen({ successThreshold: 1, onSuccess: (state) => outcomes.push(state) });
    const token = breaker.admit();
    breaker.neutral(token);
    breaker.succeed(token);
    expect(breaker.state).toBe('half-open');
    expect(outcomes).toEqual([]);
  });
});

describe('a reset', () => {
  it('closes an open breaker at once and leaves no timer', () => {
    const { breaker, clock, changes } = startBreaker();
    open(breaker);
    breaker.reset();
    expect(breaker.state).toBe('closed');
    expect(clock.timers).toBe(0);
    expect(changes).toEqual(['closed>open', 'open>closed']);
  });

  it('clears the window of a closed breaker, tells nobody, and takes the say from Commands under way', () => {
    const { breaker, changes } = startBreaker({ windowSize: 2, failureRate: 1 });
    breaker.fail(breaker.admit());
    const underWay = breaker.admit();
    breaker.reset();
    breaker.fail(underWay);
    breaker.fail(breaker.admit());
    expect(breaker.state).toBe('closed');
    expect(changes).toEqual([]);
  });
});

describe('the callbacks', () => {
  it('tell outcomes that count with the state in which they counted, before the change that they lead to', () => {
    const told: string[] = [];
    const { breaker, clock } = startBreaker({
      windowSize: 1,
      failureRate: 1,
      successThreshold: 1,
      openDurationMs: 10,
      onSuccess: (state) => told.push(`success ${state}`),
      onFailure: (state) => told.push(`failure ${state}`),
      onStateChange: (state, previous) => told.push(`${previous}>${state}`),
    });
    breaker.succeed(breaker.admit());
    const late = breaker.admit();
    breaker.fail(breaker.admit());
    breaker.fail(late);
    clock.advance(10);
    breaker.fail(breaker.admit());
    clock.advance(10);
    breaker.succeed(breaker.admit());
    expect(told).toEqual([
      'success closed',
      'failure closed',
      'closed>open',
      'open>half-open',
      'failure half-open',
      'half-open>open',
      'open>half-open',
      'success half-open',
      'half-open>closed',
    ]);
  });

  it('may change the breaker; everyone is told all changes in order', () => {
    const told: string[] = [];
    const { breaker, changes } = startBreaker({
      onStateChange: (state, previous) => {
        told.push(`${previous}>${state}`);
        if (state === 'open') {
          breaker.reset();
          told.push(`then ${breaker.state}`);
        }
      },
    });
    while (changes.length === 0) breaker.fail(breaker.admit());
    expect(told).toEqual(['closed>open', 'then closed', 'open>closed']);
    expect(changes).toEqual(['closed>open', 'open>closed']);
  });

  it('may send a trial as soon as they learn that the breaker is half-open', () => {
    const tokens: number[] = [];
    const { breaker, clock } = startBreaker({
      successThreshold: 2,
      openDurationMs: 10,
      onStateChange: (state) => {
        if (state === 'half-open') tokens.push(breaker.admit(), breaker.admit(), breaker.admit());
      },
    });
    open(breaker);
    clock.advance(10);
    expect(tokens.map((token) => token > 0)).toEqual([true, true, false]);
    for (const token of tokens.slice(0, 2)) breaker.succeed(token);
    expect(breaker.state).toBe('closed');
  });

  it('that throw, or reject, disturb nobody and become warnings', async () => {
    const defect = () => {
      throw new Error('a defect');
    };
    const { breaker, changes, warnings } = startBreaker({
      windowSize: 2,
      onStateChange: async () => defect(),
      onSuccess: defect,
      onFailure: defect,
    });
    breaker.succeed(breaker.admit());
    breaker.fail(breaker.admit());
    expect(changes).toEqual(['closed>open']);
    await Promise.resolve();
    expect(warnings).toEqual([
      expect.stringMatching(/'onSuccess'.*a defect/),
      expect.stringMatching(/'onFailure'.*a defect/),
      expect.stringMatching(/listener.*a defect/),
    ]);
  });
});

describe('subscriptions', () => {
  it('are many, and end each by itself', () => {
    const { breaker } = startBreaker();
    const told: string[] = [];
    const listener = (state: string) => told.push(state);
    const unsubscribe = breaker.subscribe(listener);
    breaker.subscribe(listener);
    open(breaker);
    unsubscribe();
    unsubscribe();
    breaker.reset();
    expect(told).toEqual(['open', 'open', 'closed']);
  });

  it('that end while a change is told are not told of it', () => {
    const { breaker } = startBreaker();
    const told: string[] = [];
    breaker.subscribe(() => unsubscribe());
    const unsubscribe = breaker.subscribe((state) => told.push(state));
    open(breaker);
    expect(told).toEqual([]);
  });
});

describe('a stopped circuit breaker', () => {
  it.each(['closed', 'open', 'half-open'])('leaves no timer, admits nothing and tells nothing; stopped %s', (state) => {
    const { breaker, clock, changes } = state === 'half-open' ? startHalfOpen() : startBreaker();
    if (state === 'open') open(breaker);
    const token = breaker.admit();
    changes.length = 0;
    breaker.stop();
    breaker.stop();
    expect(clock.timers).toBe(0);
    expect(breaker.admit()).toBe(0);
    expect(breaker.state).toBe('open');
    expect(breaker.openForMs).toBe(0);
    expect(breaker.describeRefusal()).toContain('stopped');
    for (const end of ['succeed', 'fail', 'neutral'] as const) breaker[end](token);
    breaker.reset();
    expect(breaker.state).toBe('open');
    expect(changes).toEqual([]);
  });

  it('may be stopped by a listener', () => {
    const { breaker, changes, clock } = startBreaker({ onStateChange: () => breaker.stop() });
    while (breaker.describeRefusal().includes('closed')) breaker.fail(breaker.admit());
    expect(changes).toEqual([]);
    expect(clock.timers).toBe(0);
  });

  it('is what `using` leaves behind', () => {
    let outside: CircuitBreaker;
    {
      using breaker = createCircuitBreaker();
      outside = breaker;
      expect(breaker.admit()).toBeGreaterThan(0);
    }
    expect(outside.admit()).toBe(0);
  });
});

describe('a circuit breaker under a parent actor', () => {
  it('lives in its actor system: its clock, its inspector; and stops without it', () => {
    const clock = new VirtualClock();
    const inspected: string[] = [];
    const parent = createActor(
      fromTransition((state) => state, undefined),
      {
        clock,
        inspect: (event) => {
          if (event.type === '@xstate.event') inspected.push(event.event.type);
        },
      },
    ).start();
    const { breaker } = startBreaker(
      { openDurationMs: 100, successThreshold: 1 },
      { clock, defer: clock.defer, parent },
    );
    open(breaker);
    clock.advance(100);
    expect(breaker.state).toBe('half-open');
    breaker.succeed(breaker.admit());
    open(breaker);
    breaker.stop();
    expect(clock.timers).toBe(0);
    expect(inspected).toEqual(expect.arrayContaining(['failureRate.reached', 'trial.started', 'breaker.stop']));
    expect(parent.getSnapshot().status).toBe('active');
    parent.stop();
  });
});

describe('createCircuitBreaker', () => {
  let breaker: CircuitBreaker | undefined;
  afterEach(() => breaker?.stop());

  it('runs on the clock of the machine that it runs on', async () => {
    const halfOpen = new Promise((resolve) => {
      breaker = createCircuitBreaker({
        windowSize: 1,
        openDurationMs: 20,
        onStateChange: (state) => state === 'half-open' && resolve(state),
      });
    });
    breaker?.fail(breaker.admit());
    expect(breaker?.openForMs).toBeGreaterThan(0);
    expect(await halfOpen).toBe('half-open');
  });

  it('runs on the clock that it is given', () => {
    const clock = new VirtualClock();
    breaker = createCircuitBreaker({ windowSize: 1, openDurationMs: 60_000 }, { clock });
    breaker.fail(breaker.admit());
    expect(breaker.openForMs).toBe(60_000);
    clock.advance(59_999);
    expect(breaker.state).toBe('open');
    clock.advance(1);
    expect(breaker.state).toBe('half-open');
  });

  it('refuses options that are not acceptable', () => {
    expect(() => createCircuitBreaker({ failureRate: 2 })).toThrow(/failureRate/);
    const clock = { now: Date.now } as unknown as VirtualClock;
    expect(() => createCircuitBreaker({}, { clock })).toThrow(
      /'clock' must be an object with now\(\), monotonicMs\(\)/,
    );
    const misspelt = { clok: new VirtualClock() } as { clock?: VirtualClock };
    expect(() => createCircuitBreaker({}, misspelt)).toThrow(/clok.*did you mean 'clock'/);
  });
});
