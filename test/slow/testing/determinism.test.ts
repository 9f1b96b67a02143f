import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/testing/simulate.ts';
import { run } from '../../support/run.ts';
import { everything, OPTIONS } from '../../unit/testing/scenario.ts';

const SEED = 20_270_115;

/** Runs a file of `fixtures/` in a process of its own. */
const runFixture = (name: string, ...args: string[]) =>
  run(process.execPath, ['--import', 'tsx', fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)), ...args], {
    timeoutMs: 90_000,
  });

describe('a simulation of everything', () => {
  it('does all there is, and leaves nothing', async () => {
    const { value, left, log } = await simulate(SEED, everything, OPTIONS);
    expect(value.ok).toBeGreaterThan(500);
    expect(value.failed).toBeGreaterThan(50);
    expect(left).toEqual({ timers: 0, connections: 0 });
    const codes = new Set(log.map(({ details }) => details.code));
    for (const code of ['timeout', 'cancelled', 'connection-lost', 'command-failed', 'unavailable']) {
      expect(codes, code).toContain(code);
    }
  }, 30_000);

  it('reaches for no real time, no real randomness and no turn of the event loop but those that drive it', async () => {
    const { code, stdout } = await runFixture('callers.ts');
    expect(code).toBe(0);
    const known = [
      /^(nextTick|setImmediate) src\/testing\/simulate\.ts$/,
      // Warnings of the process are told in a tick of their own.
      /^nextTick src\/base\/warnings\.ts$/,
      // XState gives each delayed event a random key and the time of its start, and reads neither.
      /^(random|now) node_modules\/xstate\//,
    ];
    const callers = stdout.trimEnd().split('\n');
    expect(callers.filter((caller) => !known.some((pattern) => pattern.test(caller)))).toEqual([]);
    expect(callers, 'the watch works').toContain('nextTick src/testing/simulate.ts');
  }, 60_000);

  it('that the very same things happen in every process, 20 times over, under load', async () => {
    const { hash } = await simulate(SEED, everything, OPTIONS);
    const other = () => runFixture('hashes.ts', String(SEED), '10');
    // Two at the same time are load for each other.
    const ends = await Promise.all([other(), other()]);
    for (const { code, stdout } of ends) {
      expect(code).toBe(0);
      expect(stdout).toBe(`${hash}\n`.repeat(10));
    }
  }, 100_000);

  it('of another seed is another', async () => {
    const [one, other] = [await simulate(1, everything, OPTIONS), await simulate(2, everything, OPTIONS)];
    expect(one.hash).not.toBe(other.hash);
  }, 30_000);

  it('does not mind another at the same time', async () => {
    const alone = await simulate(3, everything, OPTIONS);
    const [one, other] = await Promise.all([simulate(3, everything, OPTIONS), simulate(4, everything, OPTIONS)]);
    expect(one.hash).toBe(alone.hash);
    expect(other.hash).not.toBe(alone.hash);
  }, 60_000);
});
