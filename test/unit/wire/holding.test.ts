import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MessageCodec } from '../../../src/protocol/codec/codec.ts';
import type { FrameGate, FrameReceiver } from '../../../src/wire/frame-channel.ts';
import { runs } from '../../support/runs.ts';
import {
  bytesOf,
  FrameLog,
  makeChannel,
  msgpackCodec,
  nulTerminated,
  openChannel,
  ScriptedStream,
  type SeenFrame,
} from './support.ts';

const codecs: [string, () => MessageCodec][] = [
  ['with a length in front', () => msgpackCodec()],
  ['without any length', () => nulTerminated],
];

/** A channel with a gate that holds up to so many bytes, and what it was told. */
function gated(maxHeldBytes: number, incoming = msgpackCodec()) {
  const stream = new ScriptedStream();
  const channel = makeChannel(stream, { incoming });
  const log = new FrameLog();
  const refused: number[] = [];
  const gate: FrameGate = {
    admit: () => true,
    postponed() {},
    mayHold: () => channel.heldBytes < maxHeldBytes,
    held() {},
    refused: (seq) => refused.push(seq),
  };
  channel.open(log, gate);
  return { stream, channel, log, refused, seqs: () => log.frames.map(({ seq }) => seq) };
}

const frame = (seq: number, value = `value ${seq}`): SeenFrame => ({ seq, type: 0, value });
const withoutPings = (frames: readonly SeenFrame[]) => frames.filter(({ seq }) => seq > 0).map(({ seq }) => seq);

describe.each(codecs)('V1: while frames are held, %s,', (_what, makeCodec) => {
  test('Pings among them are told at once, and frames in their order later', () => {
    const { stream, channel, seqs } = gated(10_000, makeCodec());
    channel.holdFrames();
    stream.arrive(bytesOf([frame(1), { seq: 0 }, frame(2), { seq: 0 }], makeCodec()));
    expect(seqs()).toEqual([0, 0]);
    expect(stream.paused).toBe(false);
    expect(channel.heldBytes).toBeGreaterThan(0);
    stream.arrive(bytesOf([{ seq: 0 }, frame(3)], makeCodec()));
    channel.releaseFrames();
    expect(seqs()).toEqual([0, 0, 0, 1, 2, 3]);
    expect(channel.heldBytes).toBe(0);
  });

  test('the receiver may hold them again after each of them', () => {
    const { stream, channel, log, seqs } = gated(10_000, makeCodec());
    log.onFrame = ({ seq }) => {
      if (seq > 0) channel.holdFrames();
    };
    stream.arrive(
      bytesOf(
        [1, 2, 3, 4].map((seq) => frame(seq)),
        makeCodec(),
      ),
    );
    for (let seq = 1; seq <= 4; seq++) {
      expect(seqs().at(-1)).toBe(seq);
      channel.releaseFrames();
    }
    expect(seqs()).toEqual([1, 2, 3, 4]);
  });

  test('those beyond the bound are refused, and the others are neither lost nor out of order', () => {
    const { stream, channel, refused, seqs } = gated(30, makeCodec());
    channel.holdFrames();
    stream.arrive(
      bytesOf(
        [1, 2, 3, 4, 5, 6].map((seq) => frame(seq)),
        makeCodec(),
      ),
    );
    const kept = 6 - refused.length;
    expect(kept).toBeGreaterThan(0);
    expect(refused).toEqual([1, 2, 3, 4, 5, 6].slice(kept));
    channel.releaseFrames();
    expect(seqs()).toEqual([1, 2, 3, 4, 5, 6].slice(0, kept));
  });

  test('the end of the connection is told at once, and drops them', () => {
    const { stream, channel, log } = gated(10_000, makeCodec());
    channel.holdFrames();
    stream.arrive(bytesOf([frame(1), frame(2)], makeCodec()));
    stream.close();
    channel.releaseFrames();
    expect(log.losses).toEqual([undefined]);
    expect(log.frames).toEqual([]);
    expect(channel.heldBytes).toBe(0);
  });

  test('nothing is lost, twice, or out of order, however bytes are cut and frames held, released and paused', () => {
    const frames = fc.array(
      fc
        .tuple(fc.nat(3), fc.string({ maxLength: 200 }))
        .map(([kind, text]) => (kind === 0 ? undefined : text.replaceAll('\0', ' '))),
      { maxLength: 40 },
    );
    const steps = fc.array(fc.constantFrom('hold', 'release', 'pause', 'resume', 'arrive', 'arrive'), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(frames, steps, fc.integer({ min: 1, max: 90 }), (texts, taken, pieceBytes) => {
        const sent = texts.map((text, index): SeenFrame => (text === undefined ? { seq: 0 } : frame(index + 1, text)));
        const bytes = bytesOf(sent, makeCodec());
        const { stream, channel, log, seqs } = gated(Number.POSITIVE_INFINITY, makeCodec());
        log.onFrame = ({ seq }) => {
          if (seq % 5 === 3) channel.holdFrames();
          if (seq % 7 === 4) channel.pause();
        };
        let at = 0;
        const arrive = () => {
          stream.arrive(bytes.subarray(at, at + pieceBytes));
          at += pieceBytes;
        };
        const doing = {
          hold: () => channel.holdFrames(),
          release: () => channel.releaseFrames(),
          pause: () => channel.pause(),
          resume: () => channel.resume(),
          arrive,
        };
        for (const step of taken) doing[step]();
        while (at < bytes.length) arrive();
        for (let count = 0; count <= sent.length; count++) {
          channel.releaseFrames();
          channel.resume();
        }
        expect(withoutPings(log.frames)).toEqual(withoutPings(sent));
        expect(seqs().filter((seq) => seq === 0).length).toBe(sent.filter(({ seq }) => seq === 0).length);
        expect(log.frames.filter(({ seq }) => seq > 0).map(({ value }) => value)).toEqual(
          sent.filter(({ seq }) => seq > 0).map(({ value }) => value),
        );
        expect(log.losses).toEqual([]);
      }),
      { numRuns: runs(500) },
    );
  });
});

test('a large frame beyond the bound is refused by its head, and no byte of it is kept', () => {
  const { stream, channel, refused, log, seqs } = gated(1);
  channel.holdFrames();
  const large = bytesOf([frame(2, 'x'.repeat(500_000))]);
  stream.arrive(bytesOf([frame(1)]));
  const before = process.memoryUsage().arrayBuffers;
  stream.arrive(large.subarray(0, 20));
  expect(refused).toEqual([2]);
  for (let at = 20; at < large.length; at += 10_000) stream.arrive(large.subarray(at, at + 10_000));
  stream.arrive(Buffer.concat([bytesOf([{ seq: 0 }]), bytesOf([frame(3)])]));
  expect(refused).toEqual([2, 3]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(large.length * 4);
  channel.releaseFrames();
  expect(seqs()).toEqual([0, 1]);
  expect(log.losses).toEqual([]);
});

test('frames that are held are not decoded before they are released where their length is known', () => {
  const incoming = msgpackCodec();
  let decoded = 0;
  const counting: MessageCodec = {
    encode: incoming.encode.bind(incoming),
    skip: incoming.skip?.bind(incoming) as NonNullable<MessageCodec['skip']>,
    decode(reader, message) {
      decoded++;
      return incoming.decode(reader, message);
    },
  };
  const { stream, channel, seqs } = gated(10_000, counting);
  channel.holdFrames();
  stream.arrive(bytesOf([frame(1), frame(2)]));
  expect(decoded).toBe(0);
  channel.releaseFrames();
  expect(seqs()).toEqual([1, 2]);
});

test('a weight that the codec knows is told, and else the size', () => {
  const incoming: MessageCodec = {
    ...nulTerminated,
    decode(reader, message) {
      const isWhole = nulTerminated.decode(reader, message);
      if (isWhole && message.value === 'heavy') message.weight = 1000;
      return isWhole;
    },
  };
  const { stream, log } = openChannel({ incoming });
  const weights: (number | undefined)[] = [];
  log.frame = (...[, , , , weight]: Parameters<FrameReceiver['frame']>) => void weights.push(weight);
  stream.arrive(bytesOf([frame(1, 'heavy'), frame(2, 'light')], nulTerminated));
  expect(weights).toEqual([1000, 8]);
});
