import { describe, expect, test } from 'vitest';
import type { FrameGate } from '../../../src/wire/frame-channel.ts';
import {
  bytesOf,
  FrameLog,
  MAX_FRAME_BYTES,
  makeChannel,
  msgpackCodec,
  ScriptedStream,
  stoppedClock,
} from './support.ts';

/** A channel whose gate holds no frame at all, on a clock of the test's. */
function watched(maxPayloadBytes = MAX_FRAME_BYTES) {
  const stream = new ScriptedStream();
  const clock = stoppedClock();
  const channel = makeChannel(stream, { clock, incoming: msgpackCodec(maxPayloadBytes) });
  const log = new FrameLog();
  const gate: FrameGate = { admit: () => true, postponed() {}, mayHold: () => false, held() {}, refused() {} };
  channel.open(log, gate);
  return {
    stream,
    clock,
    channel,
    log,
    at(ms: number, bytes: Uint8Array) {
      clock.at = ms;
      stream.arrive(bytes);
    },
  };
}

const bytes = bytesOf([{ seq: 1, type: 0, value: 'x'.repeat(1000) }]);
const [head, middle, rest] = [bytes.subarray(0, 100), bytes.subarray(100, 500), bytes.subarray(500)];

describe('V9: a frame that has come in part', () => {
  test('has done so since its first bytes came', () => {
    const { channel, at } = watched();
    expect(channel.partialSinceMs).toBeUndefined();
    at(1_000, head);
    at(2_000, middle);
    expect(channel.partialSinceMs).toBe(1_000);
    at(3_000, Buffer.concat([rest, head]));
    expect(channel.partialSinceMs, 'another one').toBe(3_000);
    at(4_000, Buffer.concat([middle, rest]));
    expect(channel.partialSinceMs).toBeUndefined();
  });

  test('and is refused has done so since it came, not since the one before', () => {
    const { channel, at } = watched();
    at(1_000, head);
    at(2_000, Buffer.concat([middle, rest]));
    channel.holdFrames();
    at(90_000, head);
    expect(channel.partialSinceMs).toBe(90_000);
    at(91_000, middle);
    expect(channel.partialSinceMs).toBe(90_000);
    at(92_000, Buffer.concat([rest, head]));
    expect(channel.partialSinceMs).toBe(92_000);
  });

  test('and is over the limit has done so since it came', () => {
    const { channel, at } = watched(500);
    at(90_000, head);
    expect(channel.partialSinceMs).toBe(90_000);
    at(91_000, Buffer.concat([middle, rest]));
    expect(channel.partialSinceMs).toBeUndefined();
  });

  test('while nothing was read has done so since it was, behind others', () => {
    const { channel, clock, log, at } = watched();
    at(1_000, head);
    at(2_000, Buffer.concat([middle, rest]));
    channel.pause();
    at(3_000, Buffer.concat([bytes, head]));
    expect(channel.partialSinceMs, 'there may be whole ones').toBeUndefined();
    clock.at = 90_000;
    channel.resume();
    expect(log.frames).toHaveLength(2);
    expect(channel.partialSinceMs).toBe(90_000);
    at(91_000, middle);
    expect(channel.partialSinceMs).toBe(90_000);
  });

  test('has the time again in which its rest could not come, since nothing was read', () => {
    const { channel, clock, at } = watched();
    at(1_000, head);
    clock.at = 3_000;
    channel.pause();
    clock.at = 90_000;
    channel.resume();
    expect(channel.partialSinceMs).toBe(1_000 + 87_000);
  });

  test('and is refused is not waited for while nothing is read', () => {
    const { channel, clock, at } = watched();
    channel.holdFrames();
    at(1_000, head);
    clock.at = 3_000;
    channel.pause();
    clock.at = 90_000;
    expect(channel.partialSinceMs).toBeUndefined();
    channel.resume();
    expect(channel.partialSinceMs).toBe(1_000 + 87_000);
  });

  test('is the same one when frames are held or released meanwhile', () => {
    const { channel, at, clock } = watched();
    at(1_000, head);
    clock.at = 2_000;
    channel.holdFrames();
    clock.at = 3_000;
    channel.releaseFrames();
    at(4_000, middle);
    expect(channel.partialSinceMs).toBe(1_000);
  });
});
