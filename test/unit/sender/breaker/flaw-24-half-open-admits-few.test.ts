import { expect, it } from 'vitest';
import type { CircuitBreaker } from '../../../../src/sender/breaker/circuit-breaker.ts';
import { open, startBreaker, startHalfOpen } from './support.ts';

it('of 10,000 Commands in half-open only as many go out as successes are wanted', () => {
  const { breaker } = startHalfOpen({ successThreshold: 2 });
  const admitted = Array.from({ length: 10_000 }, () => breaker.admit()).filter((token) => token !== 0);
  expect(admitted).toHaveLength(2);
});

it('successes of Commands from before the outage do not close the breaker', () => {
  const { breaker, clock } = startBreaker({ openDurationMs: 1000, successThreshold: 2 });
  const early = Array.from({ length: 10 }, () => breaker.admit());
  open(breaker);
  clock.advance(1000);
  expect(breaker.state).toBe('half-open');
  for (const token of early) breaker.succeed(token);
  expect(breaker.state).toBe('half-open');
  for (const token of early) breaker.fail(token);
  expect(breaker.state).toBe('half-open');
});

it('successes of trials of an earlier half-open do not close the breaker', () => {
  const { breaker, clock } = startHalfOpen({ openDurationMs: 1000, successThreshold: 3 });
  const [first, second, third] = [breaker.admit(), breaker.admit(), breaker.admit()];
  breaker.fail(first);
  clock.advance(1000);
  expect(breaker.state).toBe('half-open');
  breaker.succeed(second);
  breaker.succeed(third);
  const tokens = Array.from({ length: 10 }, () => breaker.admit()).filter((token) => token !== 0);
  expect(tokens).toHaveLength(3);
  expect(breaker.state).toBe('half-open');
});

it('every callback may ask for the state, and gets the one that holds', () => {
  const asked: string[] = [];
  const ask = () => {
    asked.push(breaker.state);
  };
  const started = startBreaker({
    windowSize: 1,
    successThreshold: 1,
    openDurationMs: 10,
    onStateChange: (state) => {
      expect(breaker.state).toBe(state);
      ask();
    },
    onSuccess: ask,
    onFailure: ask,
  });
  const breaker: CircuitBreaker = started.breaker;
  breaker.succeed(breaker.admit());
  breaker.fail(breaker.admit());
  started.clock.advance(10);
  breaker.succeed(breaker.admit());
  expect(asked).toEqual(['closed', 'open', 'open', 'half-open', 'closed', 'closed']);
  expect(started.warnings).toEqual([]);
});
