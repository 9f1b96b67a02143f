import { expect, it } from 'vitest';
import { circuitBreakerHooks } from '../../../../src/sender/hooks/circuit-breaker-hooks.ts';
import { command, failure, resultOf, sent, terms } from '../hooks/support.ts';
import { startBreaker } from './support.ts';

it('21 Commands that are lost with their connection are failures: the breaker opens', () => {
  let [successes, failures] = [0, 0];
  const { breaker } = startBreaker({
    windowSize: 40,
    failureRate: 0.5,
    onSuccess: () => {
      successes++;
    },
    onFailure: () => {
      failures++;
    },
  });
  const factory = circuitBreakerHooks(breaker);
  const sends = Array.from({ length: 21 }, () => {
    const hooks = factory(command, terms);
    hooks.beforeSend?.(command);
    return hooks;
  });
  sends.forEach((hooks, index) => {
    // Some are streams that had got a Result already.
    if (index % 3 === 0) hooks.onResult?.(sent, resultOf(1, false));
    hooks.onError?.(sent, failure('connection-lost'));
  });
  expect(breaker.state).toBe('open');
  expect(successes).toBe(0);
  // The 20th reaches the failure rate; the 21st comes late.
  expect(failures).toBe(20);
});
