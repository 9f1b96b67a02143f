import { describe, expect, it } from 'vitest';
import { Liveness } from '../../../../src/sender/client/liveness.ts';
import { FakeChannel } from './fake-channel.ts';

const KIB = 1024;
/** How long it takes at 64 KiB a second. */
const msOf = (bytes: number) => (bytes / (64 * KIB)) * 1000;

/** A connection on which `sent` bytes have been sent, and a Ping at 1,000 ms. */
function pinged(sent = 0) {
  const channel = new FakeChannel();
  const liveness = new Liveness(channel);
  channel.flow.sentBytes = sent;
  liveness.sendPing(1_000);
  channel.flow.sentBytes++;
  return { channel, liveness };
}

describe('Pings that are repeated', () => {
  it('V4: leave the first of them the one that is to be answered', () => {
    const { liveness, channel } = pinged();
    liveness.repeatPing();
    liveness.repeatPing();
    expect(channel.pings).toBe(3);
    expect(liveness.receivePong()).toBe(true);
    expect(liveness.hasAnswered).toBe(true);
    expect(liveness.receivePong()).toBe(false);
    liveness.sendPing(5_000);
    expect(liveness.receivePong(), 'of the one that was repeated').toBe(false);
    expect(liveness.hasAnswered).toBe(false);
    expect(liveness.receivePong()).toBe(true);
    expect(liveness.receivePong(), 'that nobody asked for').toBe(false);
  });

  it('V4: are none while something is on its way', () => {
    const { liveness, channel } = pinged();
    channel.flow.bufferedBytes = 1;
    liveness.repeatPing();
    expect(channel.pings).toBe(1);
  });
});

describe('the time for a Pong', () => {
  it('is the timeout where nothing is under way', () => {
    const { liveness, channel } = pinged();
    expect(channel.pings).toBe(1);
    expect(liveness.pongDueInMs(1_000, 200)).toBe(200);
    expect(liveness.pongDueInMs(1_200, 200)).toBe(0);
  });

  it('V4: grows with what is in front of the Ping, and with what arrives meanwhile', () => {
    const { liveness, channel } = pinged(640 * KIB);
    expect(liveness.pongDueInMs(1_000, 200)).toBe(200 + 10_000);
    channel.receivedBytes = 64 * KIB;
    expect(liveness.pongDueInMs(1_000, 200)).toBe(200 + 11_000);
    channel.flow.sentBytes += 640 * KIB;
    expect(liveness.pongDueInMs(1_000, 200), 'what comes behind it').toBe(200 + 11_000);
  });

  it('V4: not with what the peer has read before', () => {
    const { liveness, channel } = pinged(640 * KIB);
    expect(liveness.receivePong()).toBe(true);
    channel.flow.sentBytes += 64 * KIB;
    liveness.sendPing(5_000);
    expect(liveness.pongDueInMs(5_000, 200)).toBe(200 + msOf(64 * KIB + 1));
  });

  it('V4: nor with what it has read because it has answered what was sent later', () => {
    const { liveness, channel } = pinged();
    liveness.receivePong();
    channel.flow.sentBytes = 640 * KIB;
    liveness.lastSeq = 7;
    liveness.proved();
    expect(liveness.provingSeq).toBe(8);
    channel.flow.sentBytes += 64 * KIB;
    liveness.lastSeq = 8;
    liveness.proved();
    liveness.sendPing(5_000);
    expect(liveness.pongDueInMs(5_000, 200)).toBe(200 + msOf(64 * KIB));
  });

  it.each([
    ['as long as it did', 120],
    ['at most for the timeout', 5_000, 200],
    ['not at all where it did not', -40, -40],
  ])('V4: counts the time again in which the process stood still: %s', (_, lateMs, moreMs = lateMs) => {
    const { liveness } = pinged();
    const nowMs = 1_200 + lateMs;
    liveness.excuseLateness(nowMs, 200);
    expect(liveness.pongDueInMs(nowMs, 200)).toBe(Math.abs(moreMs));
  });

  it('V4: counts that time once a Ping', () => {
    const { liveness } = pinged();
    liveness.excuseLateness(1_300, 200);
    liveness.excuseLateness(1_500, 200);
    expect(liveness.pongDueInMs(1_500, 200)).toBe(-100);
    liveness.sendPing(2_000);
    expect(liveness.pongDueInMs(2_000, 200)).toBeCloseTo(200, 0);
    liveness.excuseLateness(2_300, 200);
    expect(liveness.pongDueInMs(2_300, 200)).toBeCloseTo(100, 0);
  });

  it('counts from when the Ping left, and from when what is in front of it did', () => {
    const { liveness, channel } = pinged();
    channel.flow.bufferedBytes = 300;
    channel.flow.lastSentMs = 1_700;
    expect(liveness.pongDueInMs(1_700, 200)).toBe(200);
    channel.flow.bufferedBytes = 0;
    expect(liveness.pongDueInMs(1_700, 200)).toBe(-500);
  });

  it('counts only while this side reads', () => {
    const { liveness, channel } = pinged();
    const dueMs = liveness.pongDueInMs(1_000, 200);
    channel.pausedMs = 89_000;
    expect(liveness.pongDueInMs(90_000, 200)).toBe(dueMs);
  });

  it('F1: is bounded, however much was sent, and however much keeps coming', () => {
    const { liveness, channel } = pinged(2 ** 40);
    channel.receivedBytes = 2 ** 40;
    expect(liveness.pongDueInMs(1_000, 200)).toBe(200 + msOf((16 + 64) * KIB * KIB));
  });
});

describe('the signs that a peer reads', () => {
  it('F1: are the Pong that was asked for, and none of those that were not', () => {
    const { channel, liveness } = pinged();
    expect(liveness.hasAnswered).toBe(false);
    channel.lastReceivedMs = 1_100;
    expect([liveness.receivePong(), liveness.receivePong(), liveness.receivePong()]).toEqual([true, false, false]);
    expect([liveness.hasAnswered, liveness.provedMs]).toEqual([true, 1_100]);
  });

  it('are Results of Commands that were sent after the last sign', () => {
    const { channel, liveness } = pinged();
    liveness.lastSeq = 5;
    channel.lastReceivedMs = 1_100;
    liveness.proved();
    expect([liveness.hasAnswered, liveness.provedMs, liveness.provingSeq]).toEqual([true, 1_100, 6]);
    liveness.sendPing(1_200);
    expect(liveness.hasAnswered).toBe(false);
    expect(liveness.receivePong(), 'the answer to the Ping before').toBe(false);
    expect(liveness.hasAnswered).toBe(false);
    expect(liveness.receivePong()).toBe(true);
  });
});
