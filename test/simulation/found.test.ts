import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { judge } from './judge.ts';
import type { Schedule } from './schedule.ts';

// Schedules that were found wanting once, as small as they can be: what the code, or who judges it, got wrong must not come back.
const folder = new URL('./found/', import.meta.url);

it.each(readdirSync(folder))('%s keeps all promises', async (file) => {
  const schedule = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Schedule;
  expect((await judge(schedule)).violations).toEqual([]);
});
