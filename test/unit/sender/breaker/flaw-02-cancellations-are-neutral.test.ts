import { expect, it } from 'vitest';
import { circuitBreakerHooks } from '../../../../src/sender/hooks/circuit-breaker-hooks.ts';
import { command, failure, notSent, sent, terms } from '../hooks/support.ts';
import { startBreaker, startHalfOpen } from './support.ts';

it('the caller cancelling does not open the breaker, however often', () => {
  const { breaker, changes } = startBreaker({ windowSize: 5, failureRate: 0.2 });
  const factory = circuitBreakerHooks(breaker);
  for (let n = 0; n < 50; n++) {
    const hooks = factory(command, terms);
    hooks.beforeSend?.(command);
    hooks.onCancel?.(n % 2 === 0 ? sent : notSent, failure('cancelled'));
  }
  expect(breaker.state).toBe('closed');
  expect(changes).toEqual([]);
});

it('the caller cancelling a trial neither opens nor closes nor blocks a half-open breaker', () => {
  const { breaker } = startHalfOpen({ successThreshold: 1 });
  const factory = circuitBreakerHooks(breaker);
  for (let n = 0; n < 50; n++) {
    const hooks = factory(command, terms);
    hooks.beforeSend?.(command);
    hooks.onCancel?.(sent, failure('cancelled'));
    expect(breaker.state).toBe('half-open');
  }
});
