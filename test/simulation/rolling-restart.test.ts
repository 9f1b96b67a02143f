import { expect, it } from 'vitest';
import { runs } from '../support/runs.ts';
import { type Restarted, restartInTurn } from './rolling-restart.ts';

const SEEDS = [1, 2].slice(0, runs(2));

/** What it takes for no send to fail while every server is restarted: with the extension nothing, and without it luck. */
async function restarts(goClients: boolean): Promise<Restarted[]> {
  const all: Restarted[] = [];
  for (const seed of SEEDS) all.push(await restartInTurn(seed, goClients));
  return all;
}

const failures = (runs: readonly Restarted[]) =>
  runs.flatMap(({ failed }) => Object.values(failed)).reduce((sum, count) => sum + count, 0);
const sum = (runs: readonly Restarted[]) => runs.reduce((all, { sends }) => all + sends, 0);

it('a rolling restart fails no send, and has none executed twice', async () => {
  const runs = await restarts(false);
  console.log(`with the wire extension: ${failures(runs)} of ${sum(runs)} sends failed`);
  expect(runs.map(({ failed, twice }) => ({ failed, twice }))).toEqual(SEEDS.map(() => ({ failed: {}, twice: 0 })));
}, 240_000);

it('of servers for Go clients it fails those that are under way, and has none executed twice', async () => {
  const runs = await restarts(true);
  console.log(
    `without it: ${failures(runs)} of ${sum(runs)} sends failed: ${JSON.stringify(runs.map(({ failed }) => failed))}`,
  );
  expect(runs.map(({ twice }) => twice)).toEqual(SEEDS.map(() => 0));
  for (const { failed } of runs)
    expect(Object.keys(failed).every((key) => key.startsWith('connection-lost'))).toBe(true);
  expect(failures(runs)).toBeGreaterThan(0);
}, 240_000);
