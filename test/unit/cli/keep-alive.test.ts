import { describe, expect, it } from 'vitest';
import { KeepAlive } from '../../../src/cli/keep-alive.ts';
import { VirtualClock } from '../../../src/testing/kit/virtual-clock.ts';

/** A channel, and how often it has been told to send a Ping. */
function stage() {
  const clock = new VirtualClock();
  const channel = { lastReceivedMs: 0, pausedMs: 0, pings: 0, sendPing: () => void channel.pings++ };
  let dead = 0;
  const keepAlive = new KeepAlive(channel, () => dead++, clock);
  keepAlive.start();
  return { clock, channel, keepAlive, dead: () => dead };
}

describe('Pings of a call', () => {
  it('are sent every 10 seconds, while they are answered', () => {
    const { clock, channel, keepAlive, dead } = stage();
    for (let count = 1; count <= 5; count++) {
      clock.advance(10_000);
      expect(channel.pings).toBe(count);
      keepAlive.answered();
    }
    expect(dead()).toBe(0);
    keepAlive.stop();
    expect(clock.timers).toBe(0);
  });

  it('find a server that is gone, and send no more', () => {
    const { clock, channel, dead } = stage();
    clock.advance(20_000);
    expect([channel.pings, dead()]).toEqual([1, 1]);
    clock.advance(60_000);
    expect([channel.pings, dead()]).toEqual([1, 1]);
  });

  it('take a server for alive that sends anything else, or is not read', () => {
    const { clock, channel, dead } = stage();
    clock.advance(10_000);
    channel.lastReceivedMs = clock.monotonicMs() + 1;
    clock.advance(10_000);
    channel.pausedMs += 5;
    clock.advance(10_000);
    expect([channel.pings, dead()]).toEqual([3, 0]);
    clock.advance(10_000);
    expect(dead()).toBe(1);
  });
});
