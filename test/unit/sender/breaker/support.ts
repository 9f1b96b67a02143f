import { CircuitBreaker, type CircuitBreakerEnvironment } from '../../../../src/sender/breaker/circuit-breaker.ts';
import { type CircuitBreakerOptions, resolveCircuitBreakerOptions } from '../../../../src/sender/breaker/options.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { warningsTo } from '../../../support/warnings.ts';

/** A breaker on a virtual clock, with what it told: changes as `previous>state`, and warnings. */
export function startBreaker(options: CircuitBreakerOptions = {}, environment: CircuitBreakerEnvironment = {}) {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const changes: string[] = [];
  const breaker = new CircuitBreaker(resolveCircuitBreakerOptions(options), {
    clock,
    defer: clock.defer,
    warnings: warningsTo(warnings, clock),
    ...environment,
  });
  breaker.subscribe((state, previous) => changes.push(`${previous}>${state}`));
  return { breaker, clock, warnings, changes };
}

/** Fails admitted Commands until the breaker opens. */
export function open(breaker: CircuitBreaker): void {
  while (breaker.state === 'closed') breaker.fail(breaker.admit());
}

/** A breaker that is half-open. */
export function startHalfOpen(options: CircuitBreakerOptions = {}) {
  const started = startBreaker({ openDurationMs: 1000, ...options });
  open(started.breaker);
  started.clock.advance(1000);
  return started;
}
