import { describe, expect, it } from 'vitest';
import { createActor, setup } from 'xstate';
import { judge, scheduleOf, shrink, type Verdict } from './judge.ts';
import type { Schedule } from './schedule.ts';
import { timelineOf } from './timeline/timeline.ts';
import { Warnings } from './world/warnings.ts';

const SEED = 78;

/** Says that what has two faults or more is broken. */
async function dislikesFaults(schedule: Schedule): Promise<Verdict> {
  const { run } = await judge(schedule);
  const isBroken = schedule.faults.length >= 2;
  const message = 'two <faults> & more';
  return { run, violations: isBroken ? [{ promise: '9', atMs: run.durationMs / 2, message, id: 1 }] : [] };
}

/** The first seed from here on whose schedule has so many faults. */
function seedWithFaults(least: number): number {
  let seed = SEED;
  while (scheduleOf(seed).faults.length < least) seed++;
  return seed;
}

describe('a schedule', () => {
  it('is plain data that a seed determines', () => {
    const schedule = scheduleOf(SEED);
    expect(JSON.parse(JSON.stringify(schedule))).toEqual(schedule);
    expect(scheduleOf(SEED)).toEqual(schedule);
    expect(scheduleOf(SEED + 1)).not.toEqual(schedule);
  });

  it('leads to the very same things each time', async () => {
    const [first, second] = [await judge(scheduleOf(SEED)), await judge(scheduleOf(SEED))];
    expect(first.run.entries.length).toBeGreaterThan(50);
    expect(second.run.entries).toEqual(first.run.entries);
  });

  it('that breaks a promise is made as small as can be, and found again by its path', async () => {
    const seed = seedWithFaults(5);
    const shrunk = await shrink(seed, 20_000, undefined, dislikesFaults);
    expect(shrunk?.run.schedule.faults).toHaveLength(2);
    expect(shrunk?.run.schedule).toMatchObject({ servers: [{}], sends: [{ times: 1 }], sender: { clients: 1 } });
    expect(shrunk?.shrinks).toBeGreaterThan(10);
    const again = await shrink(seed, 20_000, shrunk?.path, dislikesFaults);
    expect(again?.run.schedule).toEqual(shrunk?.run.schedule);
    expect(await shrink(seed, 20_000, shrunk?.path), 'which in truth keeps all promises').toBeUndefined();
  });
});

describe('a run', () => {
  it('hears of what an actor throws and nobody catches, before it is over', () => {
    const thrower = setup({
      actions: {
        fail: () => {
          throw new Error('nobody catches me');
        },
      },
    }).createMachine({ on: { go: { actions: 'fail' } } });
    const actor = createActor(thrower).start();
    using warnings = new Warnings();
    actor.send({ type: 'go' });
    expect(warnings.all).toEqual([expect.stringContaining('uncaught: Error: nobody catches me')]);
  });
});

describe('a timeline', () => {
  it('is one page that needs nothing else, and says which promise was broken and how to see it again', async () => {
    const verdict = await dislikesFaults(scheduleOf(seedWithFaults(5)));
    const page = timelineOf(verdict, 'npm run simulate -- --seed 78 --path 0:1');
    expect(page).toContain('Promise 9 broken: service resumes when faults stop');
    expect(page).toContain('<h1>two &lt;faults&gt; &amp; more</h1>');
    expect(page).toContain('npm run simulate -- --seed 78 --path 0:1');
    for (const lane of ['Faults', 'Group and clients', 'Servers', 'Requests'])
      expect(page).toContain(`>${lane}</text>`);
    expect(page).toContain('prefers-color-scheme: dark');
    expect(page).not.toMatch(/<script|<link|https?:|src=|NaN|undefined/);
  });
});
