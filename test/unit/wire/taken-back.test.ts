import { describe, expect, it } from 'vitest';
import { CmdStreamError } from '../../../src/base/errors/cmd-stream-error.ts';
import type { MessageCodec } from '../../../src/protocol/codec/codec.ts';
import { MessageEncoder } from '../../../src/wire/message-encoder.ts';
import { bytesOf, endOfTurn, MAX_FRAME_BYTES, msgpackCodec, nulTerminated, openChannel } from './support.ts';

const shut = { mayLeave: false };
const open = { mayLeave: true };
const KEPT = [
  { seq: 1, type: 0, value: 'one' },
  { seq: 2, type: 1, value: 'two' },
];

describe('a frame that may not leave', () => {
  it.each([
    ['small', 'x'],
    ['large enough to be written at once', 'x'.repeat(30_000)],
  ])('R1-A2, F12: is taken back whole, with its sequence number (%s)', async (_, value) => {
    const { stream, channel } = openChannel();
    expect(channel.send(1, 0, 'one', open)).toBeGreaterThan(0);
    expect(channel.send(2, 0, value, shut)).toBe(0);
    expect(channel.sendEncoded(2, new MessageEncoder(msgpackCodec(), MAX_FRAME_BYTES).encode(0, value), shut)).toBe(0);
    expect(stream.writes).toEqual([]);
    channel.send(2, 1, 'two');
    await endOfTurn();
    expect(stream.written.equals(bytesOf(KEPT))).toBe(true);
    expect(channel.flow.lastFlushedSeq).toBe(2);
  });

  it('R1: alone in its turn leaves nothing to write, and is not said to have left', async () => {
    const { stream, channel } = openChannel();
    channel.send(7, 0, 'x', shut);
    expect(channel.flow.bufferedBytes).toBe(0);
    await endOfTurn();
    expect(stream.writes).toEqual([]);
    expect(channel.flow.lastFlushedSeq).toBe(0);
  });

  it('R1: is asked for once it is encoded, not before', () => {
    const { channel } = openChannel();
    let isEncoded = false;
    const payload = {
      get a() {
        isEncoded = true;
        return 1;
      },
    };
    const gate = {
      get mayLeave() {
        expect(isEncoded).toBe(true);
        return true;
      },
    };
    channel.send(1, 0, payload, gate);
    expect(isEncoded).toBe(true);
  });
});

describe('what happens to a channel while it encodes', () => {
  /** Runs `code` when half of the text is written. */
  const interrupted = (code: () => void): MessageCodec => ({
    ...nulTerminated,
    encode(type, value, writer) {
      writer.writeByte(type);
      writer.writeUtf8(String(value).slice(0, 2));
      code();
      writer.writeUtf8(String(value).slice(2));
      writer.writeByte(0);
    },
  });

  it('R1: its end comes after the frame: no half of one is written', async () => {
    let end = () => {};
    const { stream, channel } = openChannel({ outgoing: interrupted(() => end()) });
    channel.send(1, 0, 'first');
    end = () => channel.end();
    channel.send(2, 0, 'second');
    await endOfTurn();
    const frames = [
      { seq: 1, type: 0, value: 'first' },
      { seq: 2, type: 0, value: 'second' },
    ];
    expect(stream.written.equals(bytesOf(frames, nulTerminated))).toBe(true);
    expect(stream.ended).toBe(true);
  });

  it('R1: a write that is taken meanwhile brings no half of a frame along', async () => {
    let interrupt = () => {};
    const { stream, channel } = openChannel({ outgoing: interrupted(() => interrupt()) });
    stream.takes = false;
    channel.send(1, 0, 'first');
    await endOfTurn();
    stream.takes = true;
    interrupt = () => stream.drain();
    channel.send(2, 0, 'second');
    channel.send(3, 0, 'third');
    await endOfTurn();
    const frames = ['first', 'second', 'third'].map((value, index) => ({ seq: index + 1, type: 0, value }));
    expect(stream.written.equals(bytesOf(frames, nulTerminated))).toBe(true);
  });

  it('R1: a frame that is sent meanwhile is refused, encoded or not', async () => {
    const inner: unknown[] = [];
    let interrupt = () => {};
    const { stream, channel } = openChannel({ outgoing: interrupted(() => interrupt()) });
    interrupt = () => {
      for (const send of [() => channel.send(9, 0, 'inner'), () => channel.sendEncoded(9, Buffer.of(0, 0))]) {
        try {
          send();
        } catch (error) {
          inner.push((error as CmdStreamError).code);
        }
      }
    };
    channel.send(1, 0, 'outer');
    await endOfTurn();
    expect(inner).toEqual(['encode-failed', 'encode-failed']);
    expect(stream.written.equals(bytesOf([{ seq: 1, type: 0, value: 'outer' }], nulTerminated))).toBe(true);
  });

  it.each([
    ['timeout', false],
    ['command-failed', true],
    ['encode-failed', true],
  ] as const)("an error of another request's (%s, %s) is not taken for its own", (code, mayHaveExecuted) => {
    const foreign = new CmdStreamError(code, 'of another', { mayHaveExecuted });
    const outgoing = interrupted(() => {
      throw foreign;
    });
    const failure = expect.objectContaining({ code: 'encode-failed', mayHaveExecuted: false, cause: foreign });
    expect(() => openChannel({ outgoing }).channel.send(1, 0, 'x')).toThrow(failure);
    expect(() => new MessageEncoder(outgoing, MAX_FRAME_BYTES).encode(0, 'x')).toThrow(failure);
  });
});

describe('a message that is encoded apart', () => {
  const encoder = () => new MessageEncoder(msgpackCodec(), MAX_FRAME_BYTES);

  it.each(['', 'x'.repeat(100), 'x'.repeat(200), 'x'.repeat(100_000)])('F16: makes the same frame', async (value) => {
    const apart = openChannel();
    const size = apart.channel.sendEncoded(300, encoder().encode(2, value));
    await endOfTurn();
    const expected = bytesOf([{ seq: 300, type: 2, value }]);
    expect(apart.stream.written.equals(expected)).toBe(true);
    expect(size).toBe(expected.length);
    expect(apart.channel.flow.lastFlushedSeq).toBe(300);
  });

  it('F16: has memory of its own', () => {
    const one = encoder();
    const first = one.encode(0, 'first');
    const copy = Buffer.from(first);
    one.encode(0, 'second');
    expect(copy.equals(first)).toBe(true);
    expect(first.buffer.byteLength).toBe(first.length);
  });

  it('F16: may be encoded while another is', () => {
    const one = encoder();
    let inner: Uint8Array | undefined;
    const outer = one.encode(0, {
      get a() {
        inner = one.encode(1, 'inner');
        return 1;
      },
    });
    expect(Buffer.from(outer).equals(encoder().encode(0, { a: 1 }))).toBe(true);
    expect(Buffer.from(inner ?? []).equals(encoder().encode(1, 'inner'))).toBe(true);
  });

  it.each([
    ['the codec knows it', msgpackCodec()],
    ['only the encoder knows it', nulTerminated],
  ])('F16: is refused where it is too long (%s), and the next one is sound', (_, codec) => {
    const one = new MessageEncoder(codec, MAX_FRAME_BYTES);
    expect(() => one.encode(0, 'x'.repeat(MAX_FRAME_BYTES + 100))).toThrow(
      expect.objectContaining({ code: 'frame-too-large', message: expect.stringContaining(`'maxFrameBytes'`) }),
    );
    expect(one.encode(0, 'x').length).toBeLessThan(5);
  });
});
