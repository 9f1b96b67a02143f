import { beforeEach, describe, expect, it } from 'vitest';
import type { CmdStreamErrorCode } from '../../../../src/base/errors/cmd-stream-error.ts';
import { circuitBreakerHooks } from '../../../../src/sender/hooks/circuit-breaker-hooks.ts';
import { composeHooks } from '../../../../src/sender/hooks/compose-hooks.ts';
import type { Hooks, HooksFactory } from '../../../../src/sender/hooks/hooks.ts';
import { open, startBreaker, startHalfOpen } from '../breaker/support.ts';
import { closedGate, command, failure, notSent, recording, resultOf, sent, terms } from './support.ts';

let outcomes: string[];
let log: string[];
beforeEach(() => {
  outcomes = [];
  log = [];
});
const watched = {
  onSuccess: () => {
    outcomes.push('success');
  },
  onFailure: () => {
    outcomes.push('failure');
  },
};

/** Hooks of a send that the breaker admitted. */
function sending(factory: HooksFactory): Hooks {
  const hooks = factory(command, terms);
  expect(hooks.beforeSend?.(command)).toBeUndefined();
  return hooks;
}

describe('circuit breaker hooks', () => {
  it.each([{}, undefined, null, { admit: () => 1 }, 'breaker'])('are made for no other breaker: %j', (breaker) => {
    expect(() => circuitBreakerHooks(breaker as never)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringMatching(/'breaker' must be a CircuitBreaker, made by createCircuitBreaker\(\); got /),
      }),
    );
  });

  it('report a success when the last Result came, and not before', () => {
    const { breaker } = startBreaker(watched);
    const hooks = sending(circuitBreakerHooks(breaker));
    hooks.onResult?.(sent, resultOf(1, false));
    expect(outcomes).toEqual([]);
    hooks.onResult?.(sent, resultOf(2, true));
    expect(outcomes).toEqual(['success']);
  });

  it('report one failure for a stream that broke after some Results', () => {
    const { breaker } = startBreaker(watched);
    const hooks = sending(circuitBreakerHooks(breaker));
    hooks.onResult?.(sent, resultOf(1, false));
    hooks.onError?.(sent, failure('connection-lost'));
    expect(outcomes).toEqual(['failure']);
  });

  it('report a failure when the deadline passed', () => {
    const { breaker } = startBreaker(watched);
    sending(circuitBreakerHooks(breaker)).onTimeout?.(sent, failure('timeout'));
    expect(outcomes).toEqual(['failure']);
  });

  it('report nothing when the caller cancelled', () => {
    const { breaker } = startBreaker(watched);
    sending(circuitBreakerHooks(breaker)).onCancel?.(sent, failure('cancelled'));
    expect(outcomes).toEqual([]);
  });

  const against: CmdStreamErrorCode[] = [
    'timeout',
    'unavailable',
    'connect-failed',
    'handshake-timeout',
    'server-info-mismatch',
    'connection-lost',
    'protocol-error',
    'command-failed',
  ];
  it.each(against)('blame the service for %s', (code) => {
    const { breaker } = startBreaker(watched);
    sending(circuitBreakerHooks(breaker)).onError?.(sent, failure(code));
    expect(outcomes).toEqual(['failure']);
  });

  const neutral: CmdStreamErrorCode[] = [
    'refused',
    'circuit-open',
    'invalid-argument',
    'encode-failed',
    'closed',
    'overloaded',
    'command-invalid',
    'result-invalid',
    'cancelled',
    'result-overflow',
    'consumer-failed',
    'listen-failed',
    'internal',
  ];
  it.each(neutral)('blame nobody for %s, and let another trial start', (code) => {
    const { breaker } = startHalfOpen({ successThreshold: 1 });
    const factory = circuitBreakerHooks(breaker);
    sending(factory).onError?.(sent, failure(code));
    expect(breaker.state).toBe('half-open');
    sending(factory);
  });

  it('blame the service for a frame that is too large only if it is not the Command itself', () => {
    const { breaker } = startBreaker(watched);
    const factory = circuitBreakerHooks(breaker);
    sending(factory).onError?.(notSent, failure('frame-too-large'));
    expect(outcomes).toEqual([]);
    sending(factory).onError?.(sent, failure('frame-too-large'));
    expect(outcomes).toEqual(['failure']);
  });

  it('refuse with circuit-open while the breaker is open, and say when to try again', () => {
    const { breaker, clock } = startBreaker({ openDurationMs: 1000 });
    open(breaker);
    clock.advance(400);
    const hooks = circuitBreakerHooks(breaker, recording('inner', log))(command, terms);
    expect(() => hooks.beforeSend?.(command)).toThrow(
      expect.objectContaining({
        code: 'circuit-open',
        mayHaveExecuted: false,
        message: expect.stringMatching(/^Command 'Add' was not sent: .* is open.*try again in 600 ms$/),
      }),
    );
    expect(log).toEqual([]);
  });

  it('hand the trial back once, whatever is called afterwards', () => {
    const { breaker } = startHalfOpen({ successThreshold: 2 });
    const factory = circuitBreakerHooks(breaker);
    const hooks = sending(factory);
    sending(factory);
    hooks.onCancel?.(sent, failure('cancelled'));
    hooks.onError?.(sent, failure('connection-lost'));
    hooks.onResult?.(sent, resultOf(1, true));
    expect(breaker.state).toBe('half-open');
  });

  it('call the inner hooks after the breaker for everything that happens', () => {
    const { breaker } = startBreaker(watched);
    const factory = circuitBreakerHooks(breaker, recording('inner', outcomes));
    sending(factory).onResult?.(sent, resultOf(1, true));
    sending(factory).onTimeout?.(sent, failure('timeout'));
    expect(outcomes).toEqual([
      'inner.beforeSend',
      'success',
      'inner.onResult 1',
      'inner.beforeSend',
      'failure',
      'inner.onTimeout timeout',
    ]);
  });
});

describe('a trial in half-open is never lost', () => {
  const quota: Hooks['beforeSend'] = () => {
    throw new Error('over quota');
  };
  const wayOf = {
    'an inner hook refuses': (own: HooksFactory) => composeHooks(own, recording('later', log, quota))(command, terms),
    'an inner hook rejects': (own: HooksFactory) =>
      composeHooks(
        own,
        recording('later', log, async (asked) => quota?.(asked)),
      )(command, terms),
  };

  it.each(Object.entries(wayOf))('when %s', async (_, compose) => {
    const { breaker } = startHalfOpen({ successThreshold: 1 });
    const own = circuitBreakerHooks(breaker);
    for (let n = 0; n < 5; n++) {
      const refused = async () => compose(own).beforeSend?.(command);
      await expect(refused()).rejects.toMatchObject({ code: 'refused' });
    }
    sending(own).onResult?.(sent, resultOf(1, true));
    expect(breaker.state).toBe('closed');
  });

  it('when the hook that refuses throws an error of another service', () => {
    const { breaker } = startHalfOpen({ successThreshold: 1 });
    const fetchToken: Hooks['beforeSend'] = () => {
      throw failure('connection-lost');
    };
    const factory = circuitBreakerHooks(breaker, recording('inner', log, fetchToken));
    expect(() => factory(command, terms).beforeSend?.(command)).toThrow();
    expect(breaker.state).toBe('half-open');
    expect(breaker.admit()).toBeGreaterThan(0);
  });

  it('when the caller cancels while an inner hook waits', async () => {
    const gate = closedGate();
    const { breaker } = startHalfOpen({ successThreshold: 1 });
    const hooks = circuitBreakerHooks(
      breaker,
      recording('inner', log, () => gate.promise),
    )(command, terms);
    const asked = hooks.beforeSend?.(command);
    expect(breaker.admit()).toBe(0);
    hooks.onCancel?.(notSent, failure('cancelled'));
    const next = breaker.admit();
    expect(next).toBeGreaterThan(0);
    gate.open();
    await asked;
    expect(breaker.admit()).toBe(0);
  });

  it('when the caller cancels before the breaker is asked', async () => {
    const gate = closedGate();
    const { breaker } = startHalfOpen({ successThreshold: 1 });
    const hooks = composeHooks(
      recording('outer', log, () => gate.promise),
      circuitBreakerHooks(breaker),
    )(command, terms);
    const asked = hooks.beforeSend?.(command);
    hooks.onCancel?.(notSent, failure('cancelled'));
    gate.open();
    await asked;
    expect(breaker.admit()).toBeGreaterThan(0);
  });

  it('when a second breaker refuses', () => {
    const { breaker } = startHalfOpen({ successThreshold: 1 });
    const { breaker: second } = startBreaker();
    open(second);
    const factory = composeHooks(circuitBreakerHooks(breaker), circuitBreakerHooks(second));
    expect(() => factory(command, terms).beforeSend?.(command)).toThrow(
      expect.objectContaining({ code: 'circuit-open' }),
    );
    expect(breaker.admit()).toBeGreaterThan(0);
  });
});
