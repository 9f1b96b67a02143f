import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { CmdStreamError } from '../../../src/base/errors/cmd-stream-error.ts';
import { BadPayload, type MessageCodec } from '../../../src/protocol/codec/codec.ts';
import { runs } from '../../support/runs.ts';
import {
  bytesOf,
  FrameLog,
  MAX_FRAME_BYTES,
  makeChannel,
  msgpackCodec,
  nulTerminated,
  openChannel,
  ScriptedStream,
  type SeenFrame,
  stoppedClock,
} from './support.ts';

const seqs = fc.oneof(fc.nat(200), fc.maxSafeNat());
const texts = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((text) => !text.includes('\0'));
const values = fc.oneof(
  texts,
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0))),
);

/** A frame, or a ping (without type and value) where the sequence number is 0. */
function framesOf(payloads: fc.Arbitrary<unknown>): fc.Arbitrary<SeenFrame[]> {
  const frame = fc
    .tuple(seqs, fc.nat(2), payloads)
    .map(([seq, type, value]) => (seq === 0 ? { seq } : { seq, type, value }));
  return fc.array(frame, { minLength: 1, maxLength: 30 });
}

const cutting = fc.array(fc.nat(), { maxLength: 60 });

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const withoutSize = (frames: readonly SeenFrame[]) => frames.map(({ size, ...frame }) => frame);
const sizeOf = (frames: readonly SeenFrame[]) => frames.reduce((sum, { size = 1 }) => sum + size, 0);

const codecs: [string, () => MessageCodec, fc.Arbitrary<unknown>][] = [
  ['with a length in front', () => msgpackCodec(), values],
  ['without any length', () => nulTerminated, texts],
];

describe.each(codecs)('frames %s', (_what, makeCodec, payloads) => {
  test('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(framesOf(payloads), cutting, (frames, places) => {
        const bytes = bytesOf(frames, makeCodec());
        const { stream, log } = openChannel({ incoming: makeCodec() });
        for (const piece of cut(bytes, places)) stream.arrive(piece);
        expect(withoutSize(log.frames)).toEqual(frames);
        expect(sizeOf(log.frames)).toBe(bytes.length);
        expect(log.losses).toEqual([]);
      }),
      { numRuns: runs(500) },
    );
  });

  test('are the same byte by byte', () => {
    const frames = [{ seq: 1, type: 0, value: 'one' }, { seq: 0 }, { seq: 300, type: 2, value: 'x'.repeat(500) }];
    const { stream, log } = openChannel({ incoming: makeCodec() });
    const bytes = bytesOf(frames, makeCodec());
    for (const byte of bytes) stream.arrive(Buffer.of(byte));
    expect(withoutSize(log.frames)).toEqual(frames);
    expect(log.partials, 'each byte but the last ones').toEqual(new Array(bytes.length - frames.length).fill(1));
  });

  test('are the same when the receiver pauses at some of them and resumes later', () => {
    fc.assert(
      fc.property(framesOf(payloads), cutting, fc.array(fc.boolean()), (frames, places, pauses) => {
        const { stream, channel, log } = openChannel({ incoming: makeCodec() });
        let seen = 0;
        let paused = false;
        log.onFrame = () => {
          expect(paused).toBe(false);
          paused = pauses[seen++] ?? false;
          if (paused) channel.pause();
        };
        const resume = () => {
          paused = false;
          channel.resume();
        };
        for (const piece of cut(bytesOf(frames, makeCodec()), places)) {
          expect(stream.paused).toBe(paused);
          stream.arrive(piece);
          if (paused && seen % 2 === 0) resume();
        }
        while (paused) resume();
        expect(withoutSize(log.frames)).toEqual(frames);
        expect(stream.paused).toBe(false);
      }),
      { numRuns: runs(500) },
    );
  });

  test('are the same when they arrive before anybody reads', () => {
    const frames = [
      { seq: 1, type: 0, value: 'one' },
      { seq: 2, type: 1, value: 'two' },
    ];
    const stream = new ScriptedStream();
    const channel = makeChannel(stream, { incoming: makeCodec() });
    stream.arrive(bytesOf(frames, makeCodec()));
    expect(stream.paused, 'no more shall come until somebody reads').toBe(true);
    const log = new FrameLog();
    channel.open(log);
    expect(withoutSize(log.frames)).toEqual(frames);
    expect(stream.paused).toBe(false);
  });
});

describe('a channel', () => {
  test('delivers nothing after pause, in the middle of what has arrived, until resume', () => {
    const { stream, channel, log } = openChannel();
    log.onFrame = ({ seq }) => {
      if (seq === 2) channel.pause();
    };
    const frames = [1, 2, 3, 4].map((seq) => ({ seq, type: 0, value: seq }));
    stream.arrive(bytesOf(frames));
    expect(log.frames.map(({ seq }) => seq)).toEqual([1, 2]);
    stream.arrive(bytesOf([{ seq: 5, type: 0, value: 5 }]));
    expect(log.frames.length).toBe(2);
    channel.resume();
    expect(log.frames.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  });

  test('goes on when it is paused and resumed within one frame', () => {
    const { stream, channel, log } = openChannel();
    log.onFrame = () => {
      channel.pause();
      channel.resume();
    };
    stream.arrive(bytesOf([1, 2, 3].map((seq) => ({ seq, type: 0, value: null }))));
    expect(log.frames.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(stream.paused).toBe(false);
  });

  test('goes on when it is paused and resumed within a frame that had waited', () => {
    const { stream, channel, log } = openChannel();
    channel.pause();
    stream.arrive(bytesOf([1, 2, 3].map((seq) => ({ seq, type: 0, value: null }))));
    log.onFrame = () => {
      channel.pause();
      channel.resume();
    };
    channel.resume();
    expect(log.frames.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test('delivers nothing after destroy, in the middle of what has arrived', () => {
    const { stream, channel, log } = openChannel();
    log.onFrame = () => channel.destroy();
    stream.arrive(bytesOf([1, 2, 3].map((seq) => ({ seq, type: 0, value: null }))));
    stream.arrive(bytesOf([{ seq: 4, type: 0, value: null }]));
    channel.pause();
    channel.resume();
    expect(log.frames.length).toBe(1);
  });

  test('does not try again to decode before what is missing has arrived', () => {
    const incoming = msgpackCodec();
    const decode = vi.spyOn(incoming, 'decode');
    const { stream, log } = openChannel({ incoming });
    const bytes = bytesOf([{ seq: 1, type: 0, value: 'x'.repeat(500_000) }]);
    for (let start = 0; start < bytes.length; start += 1000) stream.arrive(bytes.subarray(start, start + 1000));
    expect(log.frames.length).toBe(1);
    // At its start, and at its end: there once to learn that it is large, and once more since nobody is to wait for it.
    expect(decode).toHaveBeenCalledTimes(3);
  });

  test('knows when the last bytes arrived', () => {
    const clock = stoppedClock();
    clock.at = 7;
    const { stream, channel } = openChannel({ clock });
    expect(channel.lastReceivedMs).toBe(7);
    clock.at = 9;
    stream.arrive(Buffer.of(0));
    expect(channel.lastReceivedMs).toBe(9);
    clock.at = 11;
    channel.destroy();
    stream.arrive(Buffer.of(0));
    expect(channel.lastReceivedMs, 'after destroy nothing is looked at').toBe(9);
  });
});

describe('deliveries', () => {
  test('are counted, whether or not time passes between them', () => {
    const { stream, channel, log } = openChannel({ clock: stoppedClock() });
    const counts: number[] = [];
    for (const seq of [1, 2]) {
      const frames = bytesOf([
        { seq, type: 0, value: 'one' },
        { seq, type: 0, value: 'another' },
      ]);
      stream.arrive(frames);
      counts.push(channel.deliveries);
    }
    expect(log.frames.length).toBe(4);
    expect((counts[1] as number) - (counts[0] as number)).toBe(1);
  });
});

describe('too large', () => {
  const tooLarge = expect.objectContaining({ code: 'frame-too-large' });

  /** How many bytes a text of up to 64 KiB takes. */
  const msgpackSize = ({ length }: string) => length + (length < 32 ? 1 : length < 256 ? 2 : 3);

  /** A frame's head that announces `length` bytes of payload. */
  function announcing(length: number): Buffer {
    const varint: number[] = [];
    for (let rest = length; ; rest = Math.floor(rest / 128)) {
      if (rest < 128) return Buffer.of(1, 0, ...varint, rest);
      varint.push((rest % 128) | 0x80);
    }
  }

  test.each([MAX_FRAME_BYTES + 1, 2 ** 30])(
    'F14: an announced length of %d is told of its own request before a byte of it comes, and takes no memory',
    (length) => {
      const { stream, channel, log } = openChannel();
      stream.arrive(announcing(length));
      const [frame] = log.frames;
      expect(frame).toMatchObject({ seq: 1, type: 0, value: new BadPayload(tooLarge) });
      const { message = '' } = ((frame?.value as BadPayload | undefined)?.error ?? {}) as Partial<CmdStreamError>;
      expect(message).toContain(`${length} bytes is over the server's limit of ${MAX_FRAME_BYTES} bytes`);
      expect(message).toContain(`'maxFrameBytes' of the server`);
      expect([log.losses, stream.destroyed, stream.paused]).toEqual([[], false, false]);
      const piece = Buffer.alloc(1_000_000, 7);
      const before = process.memoryUsage().arrayBuffers;
      for (let left = length; left > 0; left -= piece.length) channel.data(piece.subarray(0, left));
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * piece.length);
      stream.arrive(bytesOf([{ seq: 2, type: 1, value: 'next' }]));
      expect(log.frames.slice(1)).toMatchObject([{ seq: 2, type: 1, value: 'next' }]);
      expect(log.losses).toEqual([]);
    },
  );

  test('F14: however its bytes are cut, a frame over the limit leaves its neighbours whole', () => {
    const limit = 100;
    const sizes = fc.array(fc.oneof(fc.nat(90), fc.integer({ min: 99, max: 600 })), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, cutting, (lengths, places) => {
        const frames = lengths.map((length, index) => ({ seq: index + 1, type: 0, value: 'x'.repeat(length) }));
        const { stream, log } = openChannel({ incoming: msgpackCodec(limit), maxFrameBytes: limit });
        for (const piece of cut(bytesOf(frames), places)) stream.arrive(piece);
        expect(log.frames.map(({ seq, value }) => [seq, value instanceof BadPayload ? 'too large' : value])).toEqual(
          frames.map(({ seq, value }) => [seq, msgpackSize(value) > limit ? 'too large' : value]),
        );
        expect(log.losses).toEqual([]);
      }),
      { numRuns: runs(300) },
    );
  });

  test('F14: while it is skipped the end of the connection is one in the middle of a frame', () => {
    const { stream, log } = openChannel();
    stream.arrive(announcing(MAX_FRAME_BYTES + 1));
    stream.arrive(Buffer.alloc(1000));
    expect(log.partials).toEqual([1000]);
    stream.close();
    expect(log.losses[0]?.message).toContain('it ended in the middle of a frame');
  });

  test.each([2 ** 40, Number.MAX_SAFE_INTEGER])('F14: a length of %d is no frame of anybody', (length) => {
    const { stream, log } = openChannel();
    stream.arrive(announcing(length));
    expect(log.losses).toEqual([expect.objectContaining({ code: 'protocol-error' })]);
    expect(log.losses[0]?.message).toContain(`${length} bytes`);
    expect(log.losses[0]?.message).toContain(`'maxFrameBytes'`);
    expect(stream.destroyed).toBe(true);
  });

  test('a frame of the largest size is not too large', () => {
    const value = 'x'.repeat(MAX_FRAME_BYTES - 5);
    const { stream, log } = openChannel();
    stream.arrive(bytesOf([{ seq: 1, type: 0, value }]));
    expect(log.losses).toEqual([]);
    expect(log.frames[0]?.value).toBe(value);
  });

  test('a codec that does not know its length is stopped at the limit', () => {
    const { stream, log } = openChannel({ incoming: nulTerminated, maxFrameBytes: 10_000 });
    let sent = 0;
    while (log.losses.length === 0 && sent < 100_000) {
      stream.arrive(Buffer.alloc(100, 'x'));
      sent += 100;
    }
    expect(log.losses).toEqual([tooLarge]);
    expect(sent).toBeLessThan(10_200);
  });

  test('a codec that wants more than the limit is stopped at once', () => {
    const incoming: MessageCodec = {
      ...nulTerminated,
      decode(reader) {
        reader.missing = 2 ** 40;
        return false;
      },
    };
    const { stream, log } = openChannel({ incoming });
    stream.arrive(Buffer.of(1));
    expect(log.losses).toEqual([tooLarge]);
  });

  test('who announces much and sends little costs little memory', () => {
    const limit = 2 ** 30;
    const before = process.memoryUsage().arrayBuffers;
    const all = Array.from({ length: 100 }, () => openChannel({ incoming: msgpackCodec(limit), maxFrameBytes: limit }));
    for (const { stream } of all) {
      stream.arrive(announcing(limit));
      for (let count = 0; count < 50; count++) stream.arrive(Buffer.alloc(100));
    }
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(all.flatMap(({ log }) => log.losses)).toEqual([]);
    // 5 kB each have come; doubling, and what the collector has not taken yet, may cost some more.
    expect(grown).toBeLessThan(100 * 50_000);
  });
});

describe('the end', () => {
  test('in order is told without an error, once', () => {
    const { stream, log } = openChannel();
    stream.close();
    expect(log.losses).toEqual([undefined]);
  });

  test('with an error is a lost connection to that address', () => {
    const { stream, log } = openChannel();
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    stream.close(cause);
    expect(log.losses).toEqual([expect.objectContaining({ code: 'connection-lost', cause })]);
    expect(log.losses[0]?.message).toBe('connection to 192.0.2.7:9000 lost: read ECONNRESET');
  });

  test('in the middle of a frame is told, and the half frame is not', () => {
    const { stream, log } = openChannel();
    stream.arrive(bytesOf([{ seq: 1, type: 0, value: 'half' }]).subarray(0, -1));
    stream.close();
    expect(log.frames).toEqual([]);
    expect(log.losses).toEqual([expect.objectContaining({ code: 'connection-lost' })]);
    expect(log.losses[0]?.message).toBe('connection to 192.0.2.7:9000 lost: it ended in the middle of a frame');
  });

  test('before anybody reads is told to the one who then does', () => {
    const stream = new ScriptedStream();
    const channel = makeChannel(stream);
    stream.close(new Error('gone'));
    const log = new FrameLog();
    channel.open(log);
    expect(log.losses).toEqual([expect.objectContaining({ code: 'connection-lost' })]);
  });

  test('after destroy is told without an error, once', () => {
    const { stream, channel, log } = openChannel();
    channel.destroy();
    channel.destroy();
    expect(stream.destroyed).toBe(true);
    stream.close();
    expect(log.losses).toEqual([undefined]);
  });

  test('while it is paused drops what waits, and a late resume is harmless', () => {
    const { stream, channel, log } = openChannel();
    channel.pause();
    stream.arrive(bytesOf([{ seq: 1, type: 0, value: null }]));
    stream.close();
    channel.resume();
    expect(log.frames).toEqual([]);
    expect(log.losses).toEqual([undefined]);
  });

  test('by malformed bytes names the address, closes, and is told once', () => {
    const { stream, log } = openChannel();
    stream.arrive(Buffer.alloc(11, 0xff));
    stream.close();
    expect(stream.destroyed).toBe(true);
    expect(log.losses).toEqual([expect.objectContaining({ code: 'protocol-error' })]);
  });

  test('by a codec that throws whatever it likes is a protocol error with that cause', () => {
    const cause = new RangeError('out of bounds');
    const incoming: MessageCodec = {
      ...nulTerminated,
      decode(reader, message) {
        if (reader.buffer[reader.position] === 9) throw cause;
        return nulTerminated.decode(reader, message);
      },
    };
    const { stream, log } = openChannel({ incoming });
    // The frame before it is sound.
    stream.arrive(Buffer.of(1, 1, 0, 2, 9, 0));
    expect(log.frames.length).toBe(1);
    expect(log.losses).toEqual([expect.objectContaining({ code: 'protocol-error', cause })]);
    expect(log.losses[0]?.message).toBe('malformed bytes from 192.0.2.7:9000: out of bounds');
  });

  test.each([
    ['frame', { seq: 1, type: 0, value: null }],
    ['ping', { seq: 0 }],
  ])('by a receiver that throws at a %s is not blamed on the bytes', (_what, frame) => {
    const { stream, log } = openChannel();
    const cause = new Error('a defect');
    log.onFrame = () => {
      throw cause;
    };
    stream.arrive(bytesOf([frame, frame]));
    expect(stream.destroyed).toBe(true);
    expect(log.frames.length).toBe(1);
    expect(log.losses).toEqual([expect.objectContaining({ code: 'internal', cause })]);
  });
});

describe('random bytes', () => {
  const garbage = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constant(new Uint8Array(12).fill(0xff)),
      fc.constant(Uint8Array.of(1, 0, 0xff, 0xff, 0xff, 0xff, 0x7f)),
    ),
    { maxLength: 20 },
  );

  function expectHarmless(incoming: MessageCodec, pieces: readonly Uint8Array[]): void {
    const { stream, log } = openChannel({ incoming, maxFrameBytes: 200 });
    let after = 0;
    for (const piece of pieces) {
      stream.arrive(piece);
      if (log.losses.length > 0) after = Math.max(after, log.frames.length);
    }
    stream.close();
    expect(log.losses.length).toBe(1);
    const [error] = log.losses;
    // It ended in order, or inside a frame.
    if (error === undefined || error.code === 'connection-lost') return;
    expect(error).toBeInstanceOf(CmdStreamError);
    expect(['protocol-error', 'frame-too-large']).toContain(error.code);
    expect(stream.destroyed).toBe(true);
    expect(log.frames.length).toBe(after);
  }

  test.each([
    ['a codec with lengths', () => msgpackCodec(200)],
    ['a codec without', () => nulTerminated],
  ])('close their own connection at worst: %s', (_what, makeCodec) => {
    fc.assert(
      fc.property(garbage, (pieces) => expectHarmless(makeCodec(), pieces)),
      { numRuns: runs(1000) },
    );
  });

  test('in the middle of sound frames close their own connection at worst', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(framesOf(values), cutting, damage, (frames, places, damaged) => {
        const bytes = bytesOf(frames);
        for (const [at, byte] of damaged) bytes[at % bytes.length] = byte;
        expectHarmless(msgpackCodec(200), cut(bytes, places));
      }),
      { numRuns: runs(1000) },
    );
  });
});
