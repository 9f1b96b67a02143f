import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { run } from '../../../support/run.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { open, startBreaker } from './support.ts';

describe('an open circuit breaker', () => {
  it('A5 A6: does not keep a process from ending', async () => {
    // It is open for a minute: were the process kept by that, it would be killed before.
    const script = fileURLToPath(new URL('fixtures/open-breaker.ts', import.meta.url));
    const { code, stdout } = await run(process.execPath, ['--import', 'tsx', script], { timeoutMs: 50_000 });
    expect(stdout).toBe('open\n');
    expect(code).toBe(0);
  });

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
