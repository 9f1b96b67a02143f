import { StreamChannel } from '../../../../src/wire/stream-channel.ts';
import type { Piece } from '../piece.ts';
import { PlainReader, unpack, writePlainFrame } from '../plain-frames.ts';
import { SAMPLES, sink } from '../sample.ts';
import { DevNull, wireOptions } from '../wire-parts.ts';

/** As many frames arrive together. */
const FRAMES = 500;

/** From bytes that arrive to a decoded message. */
export const frameDecode: Piece = {
  name: 'frame decode',
  operation: 'one frame of 500 that arrive together: cut out, checked, decoded, handed over',
  plain: 'varints and msgpackr by hand',
  atMost: 1.5,
  prepare() {
    const chunk = makeChunk();
    const stream = new DevNull();
    const channel = new StreamChannel(stream, wireOptions());
    channel.open({
      frame(_seq, _type, value) {
        sink.value = value;
      },
      control() {},
      ping() {},
      partial() {},
      drained() {},
      lost(error) {
        throw error ?? new Error('lost');
      },
    });
    const reader = new PlainReader();
    return {
      ours(count) {
        for (let done = 0; done < count; done += FRAMES) stream.consumer?.data(chunk);
      },
      plain(count) {
        for (let done = 0; done < count; done += FRAMES) {
          reader.position = 0;
          while (reader.position < chunk.length) {
            reader.readVarint(chunk);
            reader.position++;
            const length = reader.readVarint(chunk);
            const start = reader.position;
            sink.value = unpack(chunk, start, start + length);
            reader.position = start + length;
          }
        }
      },
    };
  },
};

function makeChunk(): Buffer {
  const bytes = Buffer.alloc(FRAMES * 128);
  let end = 0;
  for (let seq = 1; seq <= FRAMES; seq++) end = writePlainFrame(bytes, end, 100_000 + seq, SAMPLES[seq & 63]);
  return bytes.subarray(0, end);
}
