import { describe, expect, it } from 'vitest';
import { CommandTimes } from '../../../src/server/command-times.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

describe('the times of Commands', () => {
  it('give the quiet time from the moment on in which Commands are turned away, whatever waited before', () => {
    const clock = new VirtualClock();
    const channel = { deliveries: 1, lastReceivedMs: clock.monotonicMs() };
    const times = new CommandTimes(channel, clock);
    clock.advance(10_000);
    times.turnAway();
    // It waited behind others, and is turned away only now.
    times.came();
    expect(times.waitedMs).toBe(10_000);
    expect(times.quietInMs()).toBe(250);
    clock.advance(100);
    channel.deliveries = 2;
    channel.lastReceivedMs = clock.monotonicMs();
    times.came();
    expect(times.quietInMs()).toBe(250);
  });
});
