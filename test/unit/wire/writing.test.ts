import { describe, expect, test } from 'vitest';
import type { MessageCodec } from '../../../src/protocol/codec/codec.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import {
  bytesOf,
  endOfTurn,
  MAX_BUFFERED_BYTES,
  MAX_FRAME_BYTES,
  msgpackCodec,
  nulTerminated,
  openChannel,
} from './support.ts';

describe('a batch', () => {
  test('gathers all sends of a turn into one write', async () => {
    const { stream, channel } = openChannel();
    for (let seq = 1; seq <= 50; seq++) channel.send(seq, 0, { seq });
    channel.sendPing();
    expect(stream.writes.length).toBe(0);
    await endOfTurn();
    expect(stream.writes.length).toBe(1);
    const sent = Array.from({ length: 50 }, (_, index) => ({ seq: index + 1, type: 0, value: { seq: index + 1 } }));
    expect(stream.written.equals(bytesOf([...sent, { seq: 0 }]))).toBe(true);
  });

  test('gathers also what the continuations of promises send in that turn', async () => {
    const { stream, channel } = openChannel();
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        for (let hop = 0; hop < index; hop++) await undefined;
        channel.send(index + 1, 0, null);
      }),
    );
    await endOfTurn();
    expect(stream.writes.length).toBe(1);
  });

  test('asks for the end of the turn once, and not at all while a write waits', async () => {
    const tasks: (() => void)[] = [];
    const { stream, channel } = openChannel({ defer: (task) => tasks.push(task) });
    stream.takes = false;
    for (let seq = 1; seq <= 3; seq++) channel.send(seq, 0, null);
    channel.sendPing();
    expect(tasks.length).toBe(1);
    tasks[0]?.();
    channel.send(4, 0, null);
    expect(tasks.length).toBe(1);
    stream.drain();
    expect(stream.writes.length).toBe(2);
  });

  test('knows when it last wrote', async () => {
    const clock = new VirtualClock();
    const { stream, channel } = openChannel({ clock });
    clock.advance(5);
    channel.sendPing();
    expect(channel.flow.lastSentMs, 'when it was made').toBe(0);
    await endOfTurn();
    expect(channel.flow.lastSentMs).toBe(5);
    stream.takes = false;
    channel.send(1, 0, null);
    await endOfTurn();
    clock.advance(5);
    channel.send(2, 0, null);
    await endOfTurn();
    expect(channel.flow.lastSentMs, 'what waits is not sent').toBe(5);
    stream.drain();
    expect(channel.flow.lastSentMs).toBe(10);
  });

  test('of the next turn is a write of its own', async () => {
    const { stream, channel } = openChannel();
    channel.send(1, 0, 'one');
    await endOfTurn();
    channel.send(2, 0, 'two');
    await endOfTurn();
    expect(stream.writes.length).toBe(2);
    expect(stream.writes[1]?.equals(bytesOf([{ seq: 2, type: 0, value: 'two' }]))).toBe(true);
  });

  test('tells the size of each frame', () => {
    const { channel } = openChannel();
    expect(channel.send(1, 0, 'x')).toBe(bytesOf([{ seq: 1, type: 0, value: 'x' }]).length);
    expect(channel.send(2 ** 40, 2, 'x'.repeat(200))).toBe(6 + 1 + 2 + 2 + 200);
    expect(channel.flow.bufferedBytes).toBe(5 + 211);
  });

  test('says which frame was the last to leave', async () => {
    const { channel } = openChannel();
    expect(channel.flow.lastFlushedSeq).toBe(0);
    channel.send(7, 0, null);
    channel.send(8, 0, null);
    expect(channel.flow.lastFlushedSeq).toBe(0);
    await endOfTurn();
    expect(channel.flow.lastFlushedSeq).toBe(8);
    channel.sendPing();
    await endOfTurn();
    expect(channel.flow.lastFlushedSeq).toBe(8);
  });
});

describe('while a write waits', () => {
  test('nothing more is written; the next batch gathers and leaves in one write', async () => {
    const { stream, channel } = openChannel();
    stream.takes = false;
    channel.send(1, 0, 'first');
    await endOfTurn();
    for (let seq = 2; seq <= 5; seq++) {
      channel.send(seq, 0, 'next');
      await endOfTurn();
    }
    channel.sendPing();
    await endOfTurn();
    expect(stream.writes.length).toBe(1);
    expect(channel.flow.lastFlushedSeq).toBe(1);

    stream.takes = true;
    stream.drain();
    expect(stream.writes.length).toBe(2);
    expect(channel.flow.lastFlushedSeq).toBe(5);
    const frames = [1, 2, 3, 4, 5].map((seq) => ({ seq, type: 0, value: seq === 1 ? 'first' : 'next' }));
    expect(stream.written.equals(bytesOf([...frames, { seq: 0 }]))).toBe(true);
    expect(channel.flow.bufferedBytes).toBe(0);
  });

  test('its memory is not touched, however often that happens', async () => {
    const { stream, channel } = openChannel();
    stream.takes = false;
    channel.send(1, 0, 'x'.repeat(100));
    await endOfTurn();
    for (let seq = 2; seq < 30; seq++) {
      // Some are so large that their memory is not used again.
      channel.send(seq, 0, `${seq}`.repeat(seq % 4 === 0 ? 50_000 : seq * 10));
      channel.sendPing();
      await endOfTurn();
      const waiting = stream.lastWrite;
      expect(waiting?.equals(stream.writes.at(-1) ?? Buffer.of())).toBe(true);
      stream.drain();
      expect(stream.lastWrite).not.toBe(waiting);
      expect(waiting?.equals(stream.writes.at(-2) ?? Buffer.of())).toBe(true);
    }
  });

  test('memory is used again in turn, and what one large frame took is given back', async () => {
    const { stream, channel } = openChannel();
    const memories = new Set<ArrayBufferLike>();
    stream.takes = false;
    channel.send(1, 0, 1);
    await endOfTurn();
    for (let seq = 2; seq < 50; seq++) {
      memories.add((stream.lastWrite as Buffer).buffer);
      channel.send(seq, 0, seq);
      stream.drain();
    }
    expect(memories.size).toBe(2);

    stream.drain();
    for (const takes of [true, false]) {
      stream.takes = takes;
      channel.send(50, 0, 'x'.repeat(500_000));
      await endOfTurn();
      expect(stream.lastWrite?.buffer.byteLength).toBeGreaterThan(500_000);
      for (let seq = 51; seq < 55; seq++) {
        if (stream.bufferedBytes > 0) stream.drain();
        channel.send(seq, 0, seq);
        await endOfTurn();
        expect(stream.lastWrite?.buffer.byteLength).toBeLessThanOrEqual(64 * 1024);
      }
    }
  });
});

describe('a long turn', () => {
  const EARLY_BYTES = 24 * 1024;

  test('is written piece by piece, so that the peer can begin', async () => {
    const { stream, channel } = openChannel();
    const frames = Array.from({ length: 100 }, (_, index) => ({ seq: index + 1, type: 0, value: 'x'.repeat(1000) }));
    for (const { seq, type, value } of frames) channel.send(seq, type, value);
    expect(stream.writes.length).toBe(4);
    for (const { length } of stream.writes) expect(length - EARLY_BYTES).toBeLessThan(1010);
    expect(channel.flow.lastFlushedSeq).toBe(100);
    await endOfTurn();
    expect(stream.writes.length).toBe(4);
    expect(stream.written.equals(bytesOf(frames))).toBe(true);
  });

  test('is gathered while the stream takes nothing', async () => {
    const { stream, channel } = openChannel();
    stream.takes = false;
    for (let seq = 1; seq <= 100; seq++) channel.send(seq, 0, 'x'.repeat(1000));
    expect([stream.writes.length, channel.flow.lastFlushedSeq]).toEqual([1, 25]);
    stream.drain();
    expect([stream.writes.length, channel.flow.lastFlushedSeq]).toEqual([2, 100]);
  });
});

describe('full', () => {
  test('comes with maxBufferedBytes and goes, told once, when half of them have left', async () => {
    const { stream, channel, log } = openChannel();
    stream.takes = false;
    channel.send(1, 0, 'x'.repeat(MAX_BUFFERED_BYTES / 2));
    await endOfTurn();
    expect(channel.flow.isFull).toBe(false);
    channel.send(2, 0, 'x'.repeat(MAX_BUFFERED_BYTES / 2));
    expect(channel.flow.isFull).toBe(true);
    expect(channel.flow.bufferedBytes).toBeGreaterThanOrEqual(MAX_BUFFERED_BYTES);

    stream.drain();
    expect(channel.flow.isFull).toBe(false);
    expect(log.drains, 'more than half still waits').toBe(0);
    stream.drain();
    expect(log.drains).toBe(1);
    stream.takes = true;
    channel.send(3, 0, 'x');
    await endOfTurn();
    expect(log.drains, 'it was not full again').toBe(1);
  });

  test('is never what the stream takes at once', async () => {
    const { channel, log } = openChannel();
    channel.send(1, 0, 'x'.repeat(MAX_BUFFERED_BYTES));
    expect(channel.flow.isFull).toBe(false);
    await endOfTurn();
    expect(log.drains).toBe(0);
  });

  test('is told, whether or not anybody looked', async () => {
    for (const looks of [false, true]) {
      const { stream, channel, log } = openChannel();
      stream.takes = false;
      channel.send(1, 0, 'x'.repeat(MAX_BUFFERED_BYTES));
      if (looks) expect(channel.flow.isFull).toBe(true);
      await endOfTurn();
      stream.drain();
      expect(log.drains).toBe(1);
    }
  });

  test('is told to those that it has become full for while nobody sent', async () => {
    const bufferBound = { bytes: MAX_BUFFERED_BYTES, leastBytes: 1_000 };
    const { stream, channel, log } = openChannel({ bufferBound });
    channel.send(1, 0, 'x'.repeat(2_000));
    expect(channel.flow.isFull).toBe(false);
    bufferBound.bytes = 1_000;
    expect(channel.flow.isFull, 'memory is short').toBe(true);
    await endOfTurn();
    expect(log.drains, 'taken at once').toBe(1);
    stream.takes = false;
    channel.send(2, 0, 'x'.repeat(500));
    await endOfTurn();
    channel.send(3, 0, 'x'.repeat(600));
    expect(channel.flow.isFull).toBe(true);
    stream.drain();
    expect(log.drains, 'more than half still waits').toBe(1);
    stream.drain();
    expect(log.drains).toBe(2);
  });

  test('is told where the frames that make it so come while a write waits', async () => {
    const { stream, channel, log } = openChannel();
    stream.takes = false;
    channel.send(1, 0, 'x'.repeat(MAX_BUFFERED_BYTES - 1000));
    await endOfTurn();
    for (let seq = 2; seq <= 11; seq++) channel.send(seq, 0, 'x'.repeat(100));
    expect(channel.flow.isFull).toBe(true);
    stream.bufferedBytes = 1;
    expect(channel.flow.isFull, 'the stream has taken most of it').toBe(false);
    stream.drain();
    expect(log.drains).toBe(1);
  });

  test('lets the one who is told send more at once', async () => {
    const { stream, channel, log } = openChannel();
    stream.takes = false;
    let seq = 1;
    log.drained = () => {
      if (seq < 5) channel.send(++seq, 0, 'x'.repeat(MAX_BUFFERED_BYTES));
      expect(channel.flow.isFull).toBe(seq < 5 || channel.flow.bufferedBytes > 0);
    };
    channel.send(1, 0, 'x'.repeat(MAX_BUFFERED_BYTES));
    expect(channel.flow.isFull).toBe(true);
    for (let turn = 0; turn < 10; turn++) {
      await endOfTurn();
      if (stream.bufferedBytes > 0) stream.drain();
    }
    expect(stream.writes.length).toBe(5);
  });
});

describe('a send that fails', () => {
  /** Writes half of what it was told to, then throws. */
  const halfWritten = (cause: unknown): MessageCodec => ({
    ...nulTerminated,
    encode(type, value, writer) {
      nulTerminated.encode(type, 'half', writer);
      if (value === 'bad') throw cause;
    },
  });

  test('because the codec throws leaves no byte behind', async () => {
    const cause = new TypeError('cannot say that');
    const outgoing = halfWritten(cause);
    const { stream, channel } = openChannel({ outgoing });
    channel.send(1, 0, 'good');
    expect(() => channel.send(2, 0, 'bad')).toThrow(
      expect.objectContaining({ code: 'encode-failed', cause, message: 'cannot be encoded: cannot say that' }),
    );
    channel.send(3, 1, 'good');
    expect(() => channel.send(4, 0, 'bad')).toThrow();
    await endOfTurn();
    const frames = [
      { seq: 1, type: 0, value: 'half' },
      { seq: 3, type: 1, value: 'half' },
    ];
    expect(stream.written.equals(bytesOf(frames, nulTerminated))).toBe(true);
    expect(channel.flow.lastFlushedSeq).toBe(3);
  });

  test('alone in its turn writes nothing at all', async () => {
    const { stream, channel } = openChannel({ outgoing: halfWritten('anything') });
    expect(() => channel.send(1, 0, 'bad')).toThrow(expect.objectContaining({ code: 'encode-failed' }));
    expect(channel.flow.bufferedBytes).toBe(0);
    await endOfTurn();
    expect(stream.writes).toEqual([]);
  });

  test('for what the default codec cannot write leaves the connection sound', async () => {
    const { stream, channel } = openChannel();
    expect(() =>
      channel.send(1, 0, {
        deep: {
          fails: () => {},
          get it() {
            throw new Error('no');
          },
        },
      }),
    ).toThrow(expect.objectContaining({ code: 'encode-failed' }));
    channel.send(2, 0, 'sound');
    await endOfTurn();
    expect(stream.written.equals(bytesOf([{ seq: 2, type: 0, value: 'sound' }]))).toBe(true);
  });

  test.each([
    ['the codec knows it', msgpackCodec()],
    ['only the channel knows it', nulTerminated],
  ])('because the frame is too large, where %s, leaves no byte behind', async (_what, outgoing) => {
    const { stream, channel } = openChannel({ outgoing });
    expect(() => channel.send(1, 0, 'x'.repeat(MAX_FRAME_BYTES + 100))).toThrow(
      expect.objectContaining({ code: 'frame-too-large', message: expect.stringContaining(`'maxFrameBytes'`) }),
    );
    expect(channel.flow.bufferedBytes).toBe(0);
    channel.send(2, 0, 'small');
    await endOfTurn();
    expect(stream.written.equals(bytesOf([{ seq: 2, type: 0, value: 'small' }], outgoing))).toBe(true);
  });
});

describe('end', () => {
  test('writes what the turn has sent, then closes', () => {
    const { stream, channel } = openChannel();
    channel.send(1, 0, 'last');
    channel.end();
    expect(stream.written.equals(bytesOf([{ seq: 1, type: 0, value: 'last' }]))).toBe(true);
    expect(stream.ended).toBe(true);
  });

  test('waits for a write that waits, and for what has gathered behind it', async () => {
    const { stream, channel } = openChannel();
    stream.takes = false;
    channel.send(1, 0, 'first');
    await endOfTurn();
    channel.send(2, 0, 'second');
    channel.end();
    expect([stream.writes.length, stream.ended]).toEqual([1, false]);
    stream.drain();
    expect([stream.writes.length, stream.ended]).toEqual([2, false]);
    stream.drain();
    expect(stream.ended).toBe(true);
  });

  test('after destroy does nothing', async () => {
    const { stream, channel } = openChannel();
    channel.send(1, 0, 'lost');
    channel.destroy();
    channel.end();
    await endOfTurn();
    expect([stream.writes.length, stream.ended]).toEqual([0, false]);
  });
});

test('what is sent over a lost connection is not kept', async () => {
  const { stream, channel } = openChannel();
  stream.close();
  for (let seq = 1; seq <= 10; seq++) {
    channel.send(seq, 0, 'x'.repeat(10_000));
    await endOfTurn();
  }
  expect(channel.flow.bufferedBytes).toBe(0);
  expect(stream.writes).toEqual([]);
  expect(channel.flow.lastFlushedSeq).toBe(0);
});

describe('a stream that throws where it is written to', () => {
  test.each([
    ['at the end of the turn', 'x'],
    ['in the middle of a send', 'x'.repeat(30_000)],
  ])('R1: is a lost connection, told once, and what was handed over may have arrived: %s', async (_, value) => {
    const { stream, channel, log } = openChannel();
    stream.write = () => {
      throw new Error('no socket any more');
    };
    expect(channel.send(1, 0, value)).toBeGreaterThan(value.length);
    await endOfTurn();
    stream.close();
    expect(log.losses).toMatchObject([
      { code: 'connection-lost', message: expect.stringMatching(/^connection to .* lost: no socket any more$/) },
    ]);
    expect(log.losses).toHaveLength(1);
    expect([stream.destroyed, channel.flow.lastFlushedSeq]).toEqual([true, 1]);
  });

  test('R1: is not told the end that was to follow', async () => {
    const { stream, channel } = openChannel();
    stream.write = () => {
      throw new Error('no socket any more');
    };
    channel.send(1, 0, 'x');
    channel.end();
    expect([stream.destroyed, stream.ended]).toEqual([true, false]);
  });

  test.each(['end', 'destroy'] as const)('is a lost connection as well where %s throws', (what) => {
    const { stream, channel, log } = openChannel();
    stream[what] = () => {
      throw new Error('no socket any more');
    };
    channel.send(1, 0, 'x');
    channel[what]();
    stream.close();
    expect(log.losses).toMatchObject([
      { code: 'connection-lost', message: expect.stringMatching(/no socket any more$/) },
    ]);
  });
});
