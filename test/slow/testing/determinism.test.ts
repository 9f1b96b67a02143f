import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/testing/simulate.ts';
import { program } from '../../support/program.ts';
import { run } from '../../support/run.ts';
import { everything, OPTIONS } from '../../unit/testing/scenario.ts';

const SEED = 20_270_119;
const OTHER_SEED = SEED + 1;
/** In each of two processes. */
const TIMES = 3;

/** Runs once whatever many tests compare others with. */
const once = <Value>(run: () => Promise<Value>) => {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= run();
    return value;
  };
};
const first = once(() => simulate(SEED, everything, OPTIONS));
const ofOtherSeed = once(() => simulate(OTHER_SEED, everything, OPTIONS));

/** Runs a program of `fixtures/`. */
const runFixture = (name: string, ...args: string[]) =>
  run(process.execPath, [program(new URL(`fixtures/${name}.ts`, import.meta.url)), ...args], { timeoutMs: 250_000 });

describe('a simulation of everything', () => {
  it('does all there is, and leaves nothing', async () => {
    const { value, left, log } = await first();
    expect(value.ok).toBeGreaterThan(500);
    expect(value.failed).toBeGreaterThan(50);
    expect(left).toEqual({ timers: 0, connections: 0 });
    const other = await ofOtherSeed();
    const codes = new Set([...log, ...other.log].map(({ details }) => details.code));
    for (const code of ['timeout', 'cancelled', 'connection-lost', 'command-failed', 'unavailable']) {
      expect(codes, code).toContain(code);
    }
  });

  it('reaches for no real time, no real randomness and no turn of the event loop but those that drive it', async () => {
    const { code, stdout } = await runFixture('callers');
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
  });

  it('that the very same things happen in every process, again and again, under load', async () => {
    const { hash } = await first();
    const other = () => runFixture('hashes', String(SEED), String(TIMES));
    // Two at the same time are load for each other.
    const ends = await Promise.all([other(), other()]);
    for (const { code, stdout } of ends) {
      expect(code).toBe(0);
      expect(stdout).toBe(`${hash}\n`.repeat(TIMES));
    }
  });

  it('of another seed is another', async () => {
    expect((await first()).hash).not.toBe((await ofOtherSeed()).hash);
  });

  it('does not mind another at the same time', async () => {
    const both = [SEED, OTHER_SEED].map((seed) => simulate(seed, everything, OPTIONS));
    const [one, other] = await Promise.all(both);
    expect(one?.hash).toBe((await first()).hash);
    expect(other?.hash).toBe((await ofOtherSeed()).hash);
  });
});
