import { describe, expect, it } from 'vitest';
import { CmdStreamError } from '../../../../src/base/errors/cmd-stream-error.ts';
import { resolveCircuitBreakerOptions } from '../../../../src/sender/breaker/options.ts';

function refusal(options: object): string {
  try {
    resolveCircuitBreakerOptions(options);
  } catch (error) {
    if (error instanceof CmdStreamError && error.code === 'invalid-argument') return error.message;
    throw error;
  }
  throw new Error('accepted');
}

describe('the options of a circuit breaker', () => {
  it('are complete and frozen, whatever is left out', () => {
    const resolved = resolveCircuitBreakerOptions();
    expect(resolved).toEqual({
      windowSize: 10,
      failureRate: 0.5,
      openDurationMs: 1000,
      successThreshold: 3,
      countsAsFailure: undefined,
      onStateChange: undefined,
      onSuccess: undefined,
      onFailure: undefined,
    });
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it('keep what is given', () => {
    const onStateChange = () => {};
    const given = { windowSize: 1, failureRate: 1, openDurationMs: 1, successThreshold: 1, onStateChange };
    expect(resolveCircuitBreakerOptions(given)).toMatchObject(given);
  });

  it('may be undefined, which is as if they were left out', () => {
    const left = resolveCircuitBreakerOptions();
    const names = Object.fromEntries(Object.keys(left).map((name) => [name, undefined]));
    expect(Object.keys(names)).toHaveLength(8);
    expect(resolveCircuitBreakerOptions(names)).toEqual(left);
  });

  it.each([
    ['windowSize', 0],
    ['windowSize', 1.5],
    ['windowSize', 1_000_001],
    ['failureRate', 0],
    ['failureRate', 1.01],
    ['failureRate', Number.NaN],
    ['openDurationMs', 0],
    ['openDurationMs', Number.POSITIVE_INFINITY],
    ['successThreshold', 0],
    ['onStateChange', 'log'],
    ['onSuccess', 1],
    ['onFailure', {}],
  ])('refuse %s: %s, naming the option', (name, value) => {
    expect(refusal({ [name]: value })).toMatch(new RegExp(`option '${name}' must be .*; got `));
  });

  it('refuse a name that is no option, and what is no object', () => {
    expect(refusal({ windowsize: 5 })).toContain("no option 'windowsize'");
    expect(refusal([])).toContain('must be an object');
  });
});
