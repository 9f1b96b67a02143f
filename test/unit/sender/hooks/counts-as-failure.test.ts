import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import type { CommandFailureKind } from '../../../../src/base/errors/failure-kind.ts';
import type { CountsAsFailure } from '../../../../src/sender/breaker/options.ts';
import { circuitBreakerHooks } from '../../../../src/sender/hooks/circuit-breaker-hooks.ts';
import type { Hooks, HooksFactory } from '../../../../src/sender/hooks/hooks.ts';
import { startBreaker, startHalfOpen } from '../breaker/support.ts';
import { command, failure, resultOf, sent, terms } from './support.ts';

const answered = (kind: CommandFailureKind) =>
  new CmdStreamError('command-failed', 'so it is', { failure: kind, mayHaveExecuted: true });

/** Hooks of a send that the breaker admitted. */
function sending(factory: HooksFactory): Hooks {
  const hooks = factory(command, terms);
  hooks.beforeSend?.(command);
  return hooks;
}

/** What the breaker counts of an error, in a trial: a success, a failure, or nothing. */
function counted(error: CmdStreamError, rule?: CountsAsFailure, where: 'breaker' | 'hooks' = 'breaker'): string {
  const outcomes: string[] = [];
  const { breaker } = startBreaker({
    onSuccess: () => outcomes.push('success'),
    onFailure: () => outcomes.push('failure'),
    countsAsFailure: where === 'breaker' ? rule : undefined,
  });
  const hooks = sending(circuitBreakerHooks(breaker, undefined, where === 'hooks' ? { countsAsFailure: rule } : {}));
  if (error.code === 'timeout') hooks.onTimeout?.(sent, error);
  else if (error.code === 'cancelled') hooks.onCancel?.(sent, error);
  else hooks.onError?.(sent, error);
  expect(outcomes.length).toBeLessThan(2);
  return outcomes[0] ?? 'nothing';
}

describe('what counts as a failure for a circuit breaker', () => {
  it.each<[CommandFailureKind, string]>([
    ['not-found', 'success'],
    ['permission-denied', 'success'],
    ['conflict', 'success'],
    ['rate-limited', 'failure'],
    ['unavailable', 'failure'],
    ['failed', 'failure'],
  ])('is of a CommandFailure what is not of the making of its caller: %s is a %s', (kind, outcome) => {
    expect(counted(answered(kind))).toBe(outcome);
  });

  it.each(['breaker', 'hooks'] as const)('is as the rule of the %s says', (where) => {
    const never = () => false;
    const always = () => true;
    expect(counted(answered('failed'), never, where)).toBe('success');
    expect(counted(failure('command-failed'), never, where)).toBe('success');
    expect(counted(failure('connection-lost'), never, where)).toBe('nothing');
    expect(counted(failure('timeout'), never, where)).toBe('nothing');
    expect(counted(answered('not-found'), always, where)).toBe('failure');
    expect(counted(failure('overloaded'), always, where)).toBe('failure');
    // What the caller does says nothing about the service, so that nobody is asked.
    expect(counted(failure('cancelled'), always, where)).toBe('nothing');
  });

  it('is told by a rule that gets the error and the Command', () => {
    const asked: unknown[] = [];
    const error = answered('conflict');
    counted(error, (...given) => asked.push(given) > 0);
    expect(asked).toEqual([[error, sent]]);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('a defect');
      },
    ],
    ['gives no boolean', () => 1],
    ['gives nothing', () => undefined],
    ['is asynchronous', async () => false],
    ['rejects', () => Promise.reject(new Error('later'))],
  ])('is as by default where the rule %s, with a warning', async (_what, rule) => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    // One a second at most, for all of them: the first of these tests has it.
    expect(counted(answered('not-found'), rule as CountsAsFailure)).toBe('success');
    expect(counted(failure('command-failed'), rule as CountsAsFailure)).toBe('failure');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    if (_what === 'throws') expect(warnings.join()).toContain("'countsAsFailure' of the circuit breaker failed");
  });

  it('F8: is asked in the context in which the rule was given', () => {
    const store = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const rule = () => {
      seen.push(store.getStore());
      return false;
    };
    const own = store.run('breaker', () => startBreaker({ countsAsFailure: rule }).breaker);
    const shared = startBreaker().breaker;
    const ofBreaker = sending(circuitBreakerHooks(own));
    const ofHooks = store.run('hooks', () => circuitBreakerHooks(shared, undefined, { countsAsFailure: rule }));
    store.run('somebody else', () => ofBreaker.onError?.(sent, failure('timeout')));
    store.run('somebody else', () => sending(ofHooks).onError?.(sent, failure('timeout')));
    expect(seen).toEqual(['breaker', 'hooks']);
  });

  it('is no option of another name, and a function', () => {
    const { breaker } = startBreaker();
    expect(() => circuitBreakerHooks(breaker, undefined, { countAsFailure: 1 } as never)).toThrow('countAsFailure');
    expect(() => circuitBreakerHooks(breaker, undefined, { countsAsFailure: 1 } as never)).toThrow('a function');
  });
});

describe('F3: a stream that is a trial', () => {
  it('gives its slot back at its first Result, as a success, once', () => {
    const outcomes: string[] = [];
    const { breaker } = startHalfOpen({ successThreshold: 2, onSuccess: () => outcomes.push('success') });
    const factory = circuitBreakerHooks(breaker);
    const first = sending(factory);
    const second = sending(factory);
    expect(() => sending(factory)).toThrow('its trials are under way');
    first.onResult?.(sent, resultOf(1, false));
    first.onResult?.(sent, resultOf(2, false));
    first.onResult?.(sent, resultOf(3, true));
    expect(outcomes).toEqual(['success']);
    second.onResult?.(sent, resultOf(1, false));
    expect(breaker.state).toBe('closed');
    // How it ends does not matter any more.
    for (let n = 0; n < 10; n++) second.onError?.(sent, failure('connection-lost'));
    expect(breaker.state).toBe('closed');
    expect(outcomes).toEqual(['success', 'success']);
  });

  it('is bounded in time where it gives none', () => {
    const { breaker, clock } = startHalfOpen({ successThreshold: 1, openDurationMs: 1000 });
    const factory = circuitBreakerHooks(breaker);
    const silent = sending(factory);
    clock.advance(999);
    expect(() => sending(factory)).toThrow('its trials are under way');
    clock.advance(1);
    const another = sending(factory);
    silent.onError?.(sent, failure('connection-lost'));
    expect(breaker.state).toBe('half-open');
    another.onResult?.(sent, resultOf(1, true));
    expect(breaker.state).toBe('closed');
  });
});
