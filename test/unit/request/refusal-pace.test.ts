import { expect, it } from 'vitest';
import { RefusalPace } from '../../../src/request/refusal-pace.ts';

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
  const pace = new RefusalPace();
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
  const pace = new RefusalPace();
  for (let turns = 0; turns < 10; turns++) {
    for (let count = 0; count < 900; count++) {
      expect(pace.next()).toBeUndefined();
      await run();
    }
    await turn();
  }
});

it('F20: lets all go that come in one run of code', async () => {
  const pace = new RefusalPace();
  for (let count = 0; count < 50_000; count++) expect(pace.next()).toBeUndefined();
  await run();
  expect(pace.next()).toBeInstanceOf(Promise);
  await turn();
});
