import { expect, it } from 'vitest';
import { ROOT } from '../../support/compiled.ts';
import { program } from '../../support/program.ts';
import { run } from '../../support/run.ts';

it.each(['looked-at', 'unseen'])(
  'V7, R3-N9, R3-N10: a local inspector is not filled, nor ended, by payloads and errors of megabytes: %s',
  { timeout: 300_000 },
  async (how) => {
    const fixture = program(new URL('../../e2e/inspect/fixtures/watched.ts', import.meta.url));
    const limits = ['--max-old-space-size=160', '--expose-gc'];
    const { code, stdout, stderr } = await run(process.execPath, [...limits, fixture, how], {
      cwd: ROOT,
      timeoutMs: 280_000,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { largest, isHostile, heapUsed } = JSON.parse(stdout);
    expect(heapUsed).toBeLessThan(60_000_000);
    expect(largest).toBeLessThan(4_000_000);
    expect(isHostile).toBe(false);
    if (how === 'looked-at') expect(largest).toBeGreaterThan(10_000);
  },
);
