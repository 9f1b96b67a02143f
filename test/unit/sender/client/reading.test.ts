import { describe, expect, it } from 'vitest';
import { FairTurn } from '../../../../src/base/fair-turn.ts';
import { Reading } from '../../../../src/sender/client/reading.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { FakeChannel } from './fake-channel.ts';

function setUp(pending: number) {
  const clock = new VirtualClock();
  const channel = new FakeChannel();
  const turn = new FairTurn(clock);
  const table = { size: pending };
  const reading = new Reading(channel, table, turn, clock);
  /** Whether it reads once it has had its turn. */
  const reads = () => {
    clock.advance(1);
    return !channel.paused;
  };
  /** As the connection does it. */
  const settle = (seq: number) => {
    table.size--;
    reading.settled(seq);
  };
  return { clock, channel, turn, table, reading, reads, settle };
}

describe('a connection reads', () => {
  it('A2: as long as one that is pending is no slow stream', () => {
    const { reading, reads, table, settle } = setUp(3);
    reading.pressed(1, 'consumer', 'slow');
    reading.pressed(2, 'schema', 'slow');
    expect([reads(), reading.paused]).toEqual([true, false]);
    settle(3);
    expect([reads(), reading.paused]).toEqual([false, true]);
    table.size++;
    reading.regulate();
    expect([reads(), reading.paused]).toEqual([true, false]);
    settle(4);
    expect(reads()).toBe(false);
    reading.pressed(1, 'consumer', 'none');
    expect(reads()).toBe(true);
  });

  it('A2: again when the last slow stream is over', () => {
    const { reading, reads, settle } = setUp(2);
    reading.pressed(1, 'consumer', 'slow');
    reading.pressed(2, 'consumer', 'full');
    expect(reads()).toBe(false);
    settle(2);
    expect(reads()).toBe(false);
    settle(1);
    expect([reads(), reading.paused]).toEqual([true, false]);
  });

  it('A2: for a stream that waits for its consumer and for its schema once neither is slow', () => {
    const { reading, reads } = setUp(1);
    reading.pressed(1, 'consumer', 'slow');
    reading.pressed(1, 'schema', 'full');
    reading.pressed(1, 'consumer', 'none');
    expect(reads()).toBe(false);
    reading.pressed(1, 'schema', 'none');
    expect(reads()).toBe(true);
  });

  it('A2: for others only a moment later where a stream is full, and for good when that has been long enough', () => {
    const { reading, reads, clock } = setUp(2);
    reading.pressed(1, 'consumer', 'full');
    expect([reads(), reading.readsOn]).toEqual([false, false]);
    clock.advance(900);
    reading.pressed(1, 'consumer', 'slow');
    expect(reads()).toBe(true);
    reading.pressed(1, 'consumer', 'full');
    expect(reads()).toBe(false);
    clock.advance(1_000);
    expect([reads(), reading.readsOn, reading.paused]).toEqual([true, true, false]);
    reading.pressed(1, 'consumer', 'slow');
    expect(reading.readsOn).toBe(false);
  });

  it('A2: for others whose Results have waited for a second in all, of which a tenth of the time is forgiven', () => {
    const { reading, reads, clock } = setUp(2);
    const wait = (ms: number) => {
      reading.pressed(1, 'consumer', 'full');
      const waited = !reads();
      clock.advance(ms);
      reading.pressed(1, 'consumer', 'slow');
      reading.arrived(2);
      return waited;
    };
    for (let n = 0; n < 4; n++) expect(wait(280)).toBe(true);
    expect(wait(1)).toBe(false);
    clock.advance(10_000);
    expect(wait(1)).toBe(true);
  });

  it('A2: and does not count how long a full stream waits that nobody waits for', () => {
    const { reading, reads, clock } = setUp(1);
    reading.pressed(1, 'consumer', 'full');
    clock.advance(3_600_000);
    expect([reads(), reading.readsOn]).toEqual([false, false]);
    reading.pressed(1, 'consumer', 'none');
  });

  it('E1: what nobody asked for one by one by the slice, in turn with others', () => {
    const { reading, reads, channel, turn } = setUp(1);
    for (let looks = 0; looks < 5_000 && !channel.paused; looks++) reading.work(4_096, false);
    expect([channel.paused, reading.paused]).toEqual([true, false]);
    expect(reads()).toBe(true);
    turn.stop();
  });

  it('E1: no more when the turn of the others is over while a slow stream waits', () => {
    const { reading, reads, channel, turn } = setUp(1);
    for (let looks = 0; looks < 5_000 && !channel.paused; looks++) reading.work(4_096, false);
    reading.pressed(1, 'consumer', 'slow');
    expect(reads()).toBe(false);
    reading.pressed(1, 'consumer', 'none');
    expect(reads()).toBe(true);
    turn.stop();
  });

  it('A2: in a turn of its own, not in the middle of what lets it read', () => {
    const { reading, channel, clock } = setUp(1);
    reading.pressed(1, 'consumer', 'slow');
    reading.pressed(1, 'consumer', 'none');
    expect([channel.paused, reading.paused]).toEqual([true, false]);
    clock.advance(1);
    expect(channel.paused).toBe(false);
  });

  it('A2: no more, and not again, once it is over; no timer is left', () => {
    const { reading, reads, clock, turn } = setUp(2);
    reading.pressed(1, 'consumer', 'full');
    reading.stop();
    expect([reads(), reading.paused]).toEqual([false, false]);
    clock.advance(10_000);
    turn.stop();
    expect(reads()).toBe(false);
  });
});
