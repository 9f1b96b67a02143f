import { describe, expect, it } from 'vitest';
import { simulate } from '../../../src/testing/simulate.ts';
import { run } from '../../support/run.ts';
import { everything, OPTIONS } from './scenario.ts';

const SEED = 20_270_115;

/** What tells time, makes randomness, or gives turns. */
const SOURCES: readonly [object, string][] = [
  [Date, 'now'],
  [performance, 'now'],
  [Math, 'random'],
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [globalThis, 'setImmediate'],
  [globalThis, 'queueMicrotask'],
  [process, 'nextTick'],
  [process, 'hrtime'],
  [AbortSignal, 'timeout'],
];

/** Says who of the library, or of XState, reaches for one of the {@link SOURCES} while `work` runs. */
async function callersOfReality(work: () => Promise<unknown>): Promise<Set<string>> {
  const callers = new Set<string>();
  const restore = SOURCES.map(([owner, name]) => {
    const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
    const watched = function (this: unknown, ...args: unknown[]) {
      const frames = new Error().stack?.split('\n').slice(2) ?? [];
      const at = frames.find((frame) => /\/(src|machines)\/|xstate|msgpackr/.test(frame));
      if (at !== undefined)
        callers.add(`${name} ${/(\w[\w/.-]*\.[cm]?[jt]s)/.exec(at.split('/sim/').pop() ?? at)?.[1]}`);
      return original.apply(this, args);
    };
    Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
    Reflect.set(owner, name, watched);
    return () => Reflect.set(owner, name, original);
  });
  try {
    await work();
  } finally {
    for (const undo of restore) undo();
  }
  return callers;
}

describe('a simulation of everything', () => {
  it('reaches for no real time, no real randomness and no turn of the event loop but those that drive it', async () => {
    const callers = await callersOfReality(async () => {
      const { value, left } = await simulate(SEED, everything, OPTIONS);
      expect(value.ok).toBeGreaterThan(500);
      expect(value.failed).toBeGreaterThan(50);
      expect(left).toEqual({ timers: 0, connections: 0 });
    });
    const known = [
      // The driver's own.
      /^(nextTick|setImmediate) src\/system\/clock\.ts$/,
      // Warnings of the process are told in a tick of their own.
      /^nextTick src\/system\/warn\.ts$/,
      // XState gives each delayed event a random key and the time of its start, and reads neither.
      /^(random|now) node_modules\/xstate\//,
    ];
    expect([...callers].filter((caller) => !known.some((pattern) => pattern.test(caller)))).toEqual([]);
    expect(callers.size, 'the watch works').toBeGreaterThan(0);
  }, 30_000);

  it('that the very same things happen in every process, 20 times over, under load', async () => {
    const { hash } = await simulate(SEED, everything, OPTIONS);
    const script = new URL('fixtures/hashes.ts', import.meta.url).pathname;
    const other = () => run(process.execPath, ['--import', 'tsx', script, String(SEED), '10'], { timeoutMs: 90_000 });
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
