import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FailureWindow } from '../../../../src/sender/breaker/failure-window.ts';

describe('the failure window', () => {
  it('starts full of successes', () => {
    const window = new FailureWindow(4);
    expect(window.failures).toBe(0);
    window.record(false);
    expect(window.failureRate).toBe(0.25);
  });

  it('forgets the oldest outcome with each new one', () => {
    const window = new FailureWindow(2);
    window.record(false);
    window.record(false);
    window.record(true);
    expect(window.failures).toBe(1);
    window.record(true);
    expect(window.failures).toBe(0);
  });

  it('is full of successes again after a reset, wherever it was', () => {
    const window = new FailureWindow(3);
    for (const succeeded of [false, true, false, false]) window.record(succeeded);
    window.reset();
    expect(window.failures).toBe(0);
    window.record(false);
    window.record(true);
    window.record(true);
    expect(window.failures).toBe(1);
    window.record(true);
    expect(window.failures).toBe(0);
  });

  it('counts as a plain list of the last outcomes would', () => {
    const step = fc.oneof({ weight: 20, arbitrary: fc.boolean() }, { weight: 1, arbitrary: fc.constant('reset') });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 80 }), (size, steps) => {
        const window = new FailureWindow(size);
        let naive: boolean[] = Array(size).fill(true);
        for (const next of steps) {
          if (next === 'reset') {
            window.reset();
            naive = Array(size).fill(true);
          } else {
            window.record(next === true);
            naive = [...naive, next === true].slice(-size);
          }
          const failures = naive.filter((succeeded) => !succeeded).length;
          expect(window.failures).toBe(failures);
          expect(window.failureRate).toBe(failures / size);
        }
      }),
    );
  });
});
