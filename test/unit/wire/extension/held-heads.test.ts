import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RESERVED_TYPES } from '../../../../src/protocol/reserved.ts';
import { writeControlFrame } from '../../../../src/wire/extension/control-frame.ts';
import { metadataOf } from '../../../../src/wire/extension/metadata.ts';
import type { FrameGate } from '../../../../src/wire/frame-channel.ts';
import { headBody, headIn } from '../../../support/heads.ts';
import { bytesOf, FrameLog, makeChannel, ScriptedStream } from '../support.ts';
import { written } from './support.ts';

/** A server's channel whose gate holds up to so many bytes. */
function gated(maxHeldBytes: number) {
  const stream = new ScriptedStream();
  const channel = makeChannel(stream, { extended: true });
  const log = new FrameLog();
  const refused: number[] = [];
  const gate: FrameGate = {
    admit: () => true,
    postponed() {},
    mayHold: (size) => channel.heldBytes + size <= maxHeldBytes,
    held() {},
    refused: (seq) => refused.push(seq),
  };
  channel.open(log, gate);
  const seen = () => log.frames.map(({ seq }) => seq);
  const heads = () => log.controls.map(({ seq, body }) => [seq, headIn(body).metadata.of]);
  return { stream, channel, log, refused, seen, heads };
}

const head = (seq: number, padding = 0) => {
  const body = headBody({ leftMs: 1_000, metadata: metadataOf([['of', `${seq}${'x'.repeat(padding)}`]]) });
  return written((writer) => writeControlFrame(writer, seq, RESERVED_TYPES.head, body));
};
const cancel = (seq: number) =>
  written((writer) => writeControlFrame(writer, seq, RESERVED_TYPES.cancel, Buffer.alloc(0)));
const command = (seq: number) => bytesOf([{ seq, type: 0, value: `value ${seq}` }]);

describe('while frames are held', () => {
  test('a head waits with its Command, and a cancel is told at once', () => {
    const { stream, channel, log, seen, heads } = gated(10_000);
    channel.holdFrames();
    stream.arrive(Buffer.concat([head(1), command(1), head(2), command(2), cancel(2)]));
    expect(seen()).toEqual([]);
    expect(log.controls.map(({ seq, type }) => [seq, type])).toEqual([[2, RESERVED_TYPES.cancel]]);
    log.controls.length = 0;
    channel.releaseFrames();
    expect(seen()).toEqual([1, 2]);
    expect(heads()).toEqual([
      [1, '1'],
      [2, '2'],
    ]);
  });

  test('a head that waits is counted as what has come', () => {
    const { stream, channel, log } = gated(10_000);
    channel.holdFrames();
    stream.arrive(head(1));
    expect(log.partials).toEqual([head(1).length]);
    expect(channel.heldBytes).toBe(head(1).length);
  });

  test('a Command whose head finds no room is refused, however short it is itself', () => {
    const { stream, channel, refused, seen, heads } = gated(100);
    channel.holdFrames();
    stream.arrive(Buffer.concat([head(1, 200), command(1), head(2), command(2)]));
    expect(refused).toEqual([1]);
    channel.releaseFrames();
    expect(seen()).toEqual([2]);
    expect(heads()).toEqual([[2, '2']]);
  });

  test('a Command whose head found no room is refused as well where there is room by the time that it comes', () => {
    const { stream, channel, refused, seen } = gated(100);
    channel.holdFrames();
    stream.arrive(head(1, 200));
    channel.releaseFrames();
    stream.arrive(Buffer.concat([command(1), head(2), command(2)]));
    expect(refused).toEqual([1]);
    expect(seen()).toEqual([2]);
  });

  test('in whatever pieces they come: no Command is told without its head', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(60), { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 0, max: 300 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 10 }),
        (paddings, pieces, room, holds) => {
          const { stream, channel, log, refused } = gated(room);
          let last: number | undefined;
          const told: number[] = [];
          log.control = ({ seq }) => {
            last = seq;
          };
          log.onFrame = ({ seq }) => {
            expect(last).toBe(seq);
            told.push(seq);
          };
          const bytes = Buffer.concat(paddings.flatMap((padding, at) => [head(at + 1, padding), command(at + 1)]));
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            if (holds[turn % holds.length]) channel.holdFrames();
            else channel.releaseFrames();
            const end = at + (pieces[turn % pieces.length] as number);
            stream.arrive(bytes.subarray(at, end));
            at = end;
          }
          channel.releaseFrames();
          expect([...told, ...refused].sort()).toEqual(paddings.map((_, at) => at + 1));
          expect(log.losses).toEqual([]);
        },
      ),
    );
  });
});

describe('a channel without the extension', () => {
  test('takes a head for a Command of a type that there is not', () => {
    const stream = new ScriptedStream();
    const channel = makeChannel(stream);
    const log = new FrameLog();
    channel.open(log);
    stream.arrive(head(1));
    expect(log.controls).toEqual([]);
    expect(log.frames.map(({ type }) => type)).toEqual([RESERVED_TYPES.head]);
  });
});

describe('what is told while a frame is being encoded', () => {
  test('goes behind that frame, whole', () => {
    const stream = new ScriptedStream();
    const flushes: (() => void)[] = [];
    const channel = makeChannel(stream, { defer: (task) => flushes.push(task) });
    let told = false;
    channel.send(1, 0, {
      get meddling() {
        if (!told) channel.sendControl(7, RESERVED_TYPES.cancel);
        told = true;
        return 'text';
      },
    });
    for (const flush of flushes.splice(0)) flush();
    const plain = bytesOf([{ seq: 1, type: 0, value: { meddling: 'text' } }]);
    expect(stream.written.toString('hex')).toBe(Buffer.concat([plain, cancel(7)]).toString('hex'));
  });

  test('leaves no byte of a head behind where the Command cannot be encoded', () => {
    const stream = new ScriptedStream();
    const flushes: (() => void)[] = [];
    const channel = makeChannel(stream, { defer: (task) => flushes.push(task) });
    const metadata = metadataOf([['of', '1']]);
    expect(() => channel.send(1, 0, () => {}, undefined, { leftMs: 5, metadata })).toThrow();
    channel.send(2, 0, 'good', { mayLeave: false }, { leftMs: 5, metadata });
    channel.sendPing();
    for (const flush of flushes.splice(0)) flush();
    expect([...stream.written]).toEqual([0]);
  });
});
