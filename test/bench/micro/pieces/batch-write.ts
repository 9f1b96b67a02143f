import type { ChannelLink } from '../../../../machines/channel.ts';
import { ChannelLife } from '../../../../src/wire/channel-life.ts';
import { WriteBatch } from '../../../../src/wire/write-batch.ts';
import type { Piece } from '../piece.ts';
import { writePlainFrame } from '../plain-frames.ts';
import { SAMPLES } from '../sample.ts';
import { DevNull, wireOptions } from '../wire-parts.ts';

/** As many frames leave in one write. */
const FRAMES = 500;

/** Is told of a life in which nothing happens. */
class Nobody implements ChannelLink {
  introduce() {}
  endStream() {}
  destroyStream() {}
  drop() {}
  keepReason() {}
  rejectHandshake() {}
  tellLost() {}
}

/** From a message to the bytes of one write. */
export const batchWrite: Piece = {
  name: 'batch write',
  operation: 'one frame of 500 that leave in one write: checked, encoded, appended',
  plain: 'varints and msgpackr by hand, copied into one buffer',
  atMost: 2.2,
  prepare() {
    const options = wireOptions();
    const nothing = () => {};
    const batch = new WriteBatch(new DevNull(), options, new ChannelLife(new Nobody()), nothing, nothing);
    const buffer = Buffer.alloc(FRAMES * 128);
    return {
      ours(count) {
        for (let done = 0; done < count; done += FRAMES) {
          for (let seq = 1; seq <= FRAMES; seq++) batch.appendFrame(100_000 + seq, 0, SAMPLES[seq & 63]);
          options.flush();
        }
      },
      plain(count) {
        for (let done = 0; done < count; done += FRAMES) {
          let end = 0;
          for (let seq = 1; seq <= FRAMES; seq++) end = writePlainFrame(buffer, end, 100_000 + seq, SAMPLES[seq & 63]);
        }
      },
    };
  },
};
