import { expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { RefusalPace } from '../../../src/base/refusal-pace.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));
const run = () => Promise.resolve();

/** Refuses once in each run of code, until a pause comes; returns how many went without one. */
async function untilPause(pace: RefusalPace): Promise<number> {
  for (let count = 0; count < 10_000; count++) {
    if (pace.next() !== undefined) return count;
    await run();
  }
  return Number.POSITIVE_INFINITY;
}

it('F20: lets a thousand go, then waits for the next turn', async () => {
  const pace = new RefusalPace(systemClock);
  const count = await untilPause(pace);
  expect(count).toBeGreaterThanOrEqual(1_000);
  expect(count).toBeLessThan(1_200);
  let isOver = false;
  pace.next()?.then(() => {
    isOver = true;
  });
  for (let runs = 0; runs < 100; runs++) await run();
  expect(isOver).toBe(false);
  await turn();
  expect(isOver).toBe(true);
  expect(pace.next()).toBeUndefined();
});

it('F20: counts each turn by itself', async () => {
  const pace = new RefusalPace(systemClock);
  for (let turns = 0; turns < 10; turns++) {
    let pauses = 0;
    for (let count = 0; count < 900; count++) {
      if (pace.next() !== undefined) pauses++;
      await run();
    }
    expect(pauses).toBe(0);
    await turn();
  }
});

it('F20: lets all go that come in one run of code', async () => {
  const pace = new RefusalPace(systemClock);
  let pauses = 0;
  for (let runs = 0; runs < 10; runs++) {
    for (let count = 0; count < 5_000; count++) if (pace.next() !== undefined) pauses++;
    await run();
  }
  expect(pauses).toBe(0);
  for (let count = 0; count < 100; count++) pace.next();
  await run();
  expect(pace.next()).toBeInstanceOf(Promise);
  await turn();
});

it('F20: has the turns of the clock that the sender has', async () => {
  const clock = new VirtualClock();
  const pace = new RefusalPace(clock);
  await untilPause(pace);
  let isOver = false;
  pace.next()?.then(() => {
    isOver = true;
  });
  await turn();
  expect(isOver).toBe(false);
  clock.advance(1);
  await run();
  expect(isOver).toBe(true);
  expect(clock.timers).toBe(0);
});
