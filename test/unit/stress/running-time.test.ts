import { expect, it } from 'vitest';
import { RunningTime } from '../../stress/running-time.ts';

it('passes as real time does, but for the time in which the process stood still', () => {
  let realMs = 1000;
  const time = new RunningTime(() => realMs);
  expect(time.now()).toBe(0);
  realMs += 30;
  expect(time.now()).toBe(30);
  time.look();
  realMs += 20;
  expect(time.now()).toBe(50);
  time.look();
  realMs += 5_000;
  expect(time.now(), 'before the turn that shows it').toBe(150);
  time.look();
  expect(time.now(), 'and after it').toBe(150);
  expect(time.stoodStillMs).toBe(4_900);
  realMs += 10;
  expect(time.now()).toBe(160);
});

it('leaves no timer', () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  const time = new RunningTime();
  time.start();
  expect(timers()).toBe(before + 1);
  time.stop();
  expect(timers()).toBe(before);
});
