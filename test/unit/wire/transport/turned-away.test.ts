import { expect, test } from 'vitest';
import { TurnedAway } from '../../../../src/wire/transport/turned-away.ts';

test('connections that are turned away are told once a second at most, with their number', () => {
  const told: string[] = [];
  let nowMs = 0;
  const turnedAway = new TurnedAway(7, ({ message }) => told.push(message), { monotonicMs: () => nowMs });
  for (const atMs of [0, 1, 500, 999, 1_000, 1_500, 3_000]) {
    nowMs = atMs;
    turnedAway.add();
  }
  expect(told).toEqual([
    "there are 7 already (option 'maxConnections')",
    "there are 7 already (option 'maxConnections'), and 3 before it",
    "there are 7 already (option 'maxConnections'), and 1 before it",
  ]);
});
