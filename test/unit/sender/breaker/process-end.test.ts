import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { open, startBreaker } from './support.ts';

describe('an open circuit breaker', () => {
  it('A5 A6: asks the clock to let go of its timer, where that can', () => {
    const clock = new VirtualClock();
    const unrefed: unknown[] = [];
    const { breaker } = startBreaker(
      {},
      { clock: Object.assign(clock, { unref: (timer: unknown) => unrefed.push(timer) }) },
    );
    open(breaker);
    expect(unrefed).toHaveLength(1);
    clock.advance(1_000);
    expect(breaker.state).toBe('half-open');
    const other = startBreaker();
    open(other.breaker);
    other.clock.advance(1_000);
    expect(other.breaker.state).toBe('half-open');
  });
});
