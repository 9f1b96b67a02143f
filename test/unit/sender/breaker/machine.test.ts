import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { type CircuitBreakerEvent, circuitBreakerMachine } from '../../../../machines/circuit-breaker.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

function start({ openDurationMs = 1000, successThreshold = 2 } = {}) {
  const clock = new VirtualClock();
  let cleared = 0;
  const machine = circuitBreakerMachine.provide({
    actions: {
      clearFailureWindow: () => {
        cleared++;
      },
    },
  });
  const actor = createActor(machine, { input: { openDurationMs, successThreshold }, clock }).start();
  /** Of trials, the oldest one that has not ended. */
  const eventOf = (type: CircuitBreakerEvent['type']): CircuitBreakerEvent => ({
    type,
    token: actor.getSnapshot().context.trials[0]?.token ?? 0,
    nowMs: clock.monotonicMs(),
  });
  const send = (...types: CircuitBreakerEvent['type'][]) => {
    for (const type of types) actor.send(eventOf(type));
  };
  return {
    clock,
    send,
    cleared: () => cleared,
    state: () => actor.getSnapshot().value,
    status: () => actor.getSnapshot().status,
    context: () => actor.getSnapshot().context,
    can: (type: CircuitBreakerEvent['type']) => actor.getSnapshot().can(eventOf(type)),
  };
}

function startHalfOpen(options?: Parameters<typeof start>[0]) {
  const breaker = start(options);
  breaker.send('failureRate.reached');
  breaker.clock.advance(1000);
  expect(breaker.state()).toBe('halfOpen');
  return breaker;
}

describe('the circuit breaker machine', () => {
  it('starts closed, in its first generation, with a clear window and no timer', () => {
    const breaker = start();
    expect(breaker.state()).toBe('closed');
    expect(breaker.context().generation).toBe(1);
    expect(breaker.cleared()).toBe(1);
    expect(breaker.clock.timers).toBe(0);
  });

  it('opens when the failure rate is reached, and is half-open after the open duration, not before', () => {
    const breaker = start({ openDurationMs: 500 });
    breaker.send('failureRate.reached');
    expect(breaker.state()).toBe('open');
    breaker.clock.advance(499);
    expect(breaker.state()).toBe('open');
    breaker.clock.advance(1);
    expect(breaker.state()).toBe('halfOpen');
    expect(breaker.clock.timers).toBe(0);
  });

  it('starts no trial while closed or open', () => {
    const breaker = start();
    expect(breaker.can('trial.started')).toBe(false);
    breaker.send('failureRate.reached');
    expect(breaker.can('trial.started')).toBe(false);
  });

  it('starts as many trials in half-open as successes are wanted, and no more', () => {
    const breaker = startHalfOpen({ successThreshold: 2 });
    breaker.send('trial.started', 'trial.started', 'trial.started');
    expect(breaker.context().trials).toHaveLength(2);
    expect(breaker.can('trial.started')).toBe(false);
  });

  it('starts only the trials that are still wanted after a success', () => {
    const breaker = startHalfOpen({ successThreshold: 2 });
    breaker.send('trial.started', 'trial.succeeded', 'trial.started');
    expect(breaker.context()).toMatchObject({ trials: [{ sinceMs: 1000 }], trialSuccesses: 1 });
    expect(breaker.can('trial.started')).toBe(false);
  });

  it('closes with the last wanted success, with a clear window', () => {
    const breaker = startHalfOpen({ successThreshold: 2 });
    breaker.send('trial.started', 'trial.started', 'trial.succeeded');
    expect(breaker.state()).toBe('halfOpen');
    breaker.send('trial.succeeded');
    expect(breaker.state()).toBe('closed');
    expect(breaker.cleared()).toBe(2);
  });

  it('opens again with one failed trial, for the whole open duration', () => {
    const breaker = startHalfOpen();
    breaker.send('trial.started', 'trial.started', 'trial.succeeded', 'trial.failed');
    expect(breaker.state()).toBe('open');
    breaker.clock.advance(999);
    expect(breaker.state()).toBe('open');
    breaker.clock.advance(1);
    expect(breaker.state()).toBe('halfOpen');
    expect(breaker.context()).toMatchObject({ trials: [], trialSuccesses: 0 });
  });

  it('lets another trial start for one that ended neutrally', () => {
    const breaker = startHalfOpen({ successThreshold: 1 });
    breaker.send('trial.started', 'trial.neutral');
    expect(breaker.state()).toBe('halfOpen');
    expect(breaker.can('trial.started')).toBe(true);
  });

  it('takes no outcome for a trial that was not started', () => {
    const breaker = startHalfOpen({ successThreshold: 1 });
    breaker.send('trial.succeeded', 'trial.failed', 'trial.neutral');
    expect(breaker.state()).toBe('halfOpen');
    expect(breaker.context()).toMatchObject({ trials: [], trialSuccesses: 0 });
  });

  it('begins a generation with every state that it enters', () => {
    const breaker = start({ successThreshold: 1 });
    breaker.send('failureRate.reached');
    expect(breaker.context().generation).toBe(2);
    breaker.clock.advance(1000);
    expect(breaker.context().generation).toBe(3);
    breaker.send('trial.started', 'trial.succeeded');
    expect(breaker.context().generation).toBe(5);
    breaker.send('breaker.reset');
    expect(breaker.context().generation).toBe(6);
  });

  it('F3: lets another trial start once one has taken as long as the breaker stays open, not before', () => {
    const breaker = startHalfOpen({ successThreshold: 1 });
    breaker.send('trial.started');
    breaker.clock.advance(999);
    expect(breaker.can('trial.started')).toBe(false);
    breaker.clock.advance(1);
    breaker.send('trial.started');
    expect(breaker.context().trials).toMatchObject([{ sinceMs: 1000 }, { sinceMs: 2000 }]);
    expect(breaker.can('trial.started')).toBe(false);
  });

  it('F3: is told nothing by the failure of a trial that has lost its slot, and by its success that the service is well', () => {
    const breaker = startHalfOpen({ successThreshold: 1 });
    breaker.send('trial.started');
    breaker.clock.advance(1000);
    breaker.send('trial.started', 'trial.failed');
    expect(breaker.state()).toBe('halfOpen');
    expect(breaker.context().trials).toMatchObject([{ sinceMs: 2000 }]);
    breaker.clock.advance(1000);
    breaker.send('trial.succeeded', 'trial.succeeded');
    expect(breaker.state()).toBe('closed');
  });

  it('F3: remembers a bounded number of trials that never end', () => {
    const breaker = startHalfOpen({ successThreshold: 1 });
    for (let trial = 0; trial < 1_200; trial++) {
      breaker.send('trial.started');
      breaker.clock.advance(1000);
    }
    expect(breaker.context().trials).toHaveLength(1_000);
    expect(breaker.state()).toBe('halfOpen');
  });

  it.each(['closed', 'open', 'halfOpen'] as const)('closes on a reset while %s, leaving no timer', (state) => {
    const breaker = state === 'halfOpen' ? startHalfOpen() : start();
    if (state === 'open') breaker.send('failureRate.reached');
    const clearedBefore = breaker.cleared();
    breaker.send('breaker.reset');
    expect(breaker.state()).toBe('closed');
    expect(breaker.cleared()).toBe(clearedBefore + 1);
    expect(breaker.clock.timers).toBe(0);
  });

  it.each(['closed', 'open', 'halfOpen'] as const)('ends when stopped while %s, leaving no timer', (state) => {
    const breaker = state === 'halfOpen' ? startHalfOpen() : start();
    if (state === 'open') breaker.send('failureRate.reached');
    breaker.send('breaker.stop');
    expect(breaker.state()).toBe('stopped');
    expect(breaker.status()).toBe('done');
    expect(breaker.clock.timers).toBe(0);
  });
});
