import { ByteReader } from '../../../../src/base/bytes/byte-reader.ts';
import { writeVarint } from '../../../../src/base/bytes/varint.ts';
import type { Piece } from '../piece.ts';
import { PlainReader, writePlainVarint } from '../plain-frames.ts';
import { sink } from '../sample.ts';

/** Numbers of one to five bytes. */
const NUMBERS = Array.from({ length: 64 }, (_, index) => 2 ** (index % 31) + index);

/** Sequence numbers, types, lengths. */
export const varint: Piece = {
  name: 'varint',
  operation: 'one number of up to 5 bytes, written and read',
  plain: 'shifts by hand, 31 bits at most',
  atMost: 2,
  prepare() {
    const bytes = Buffer.alloc(64);
    const reader = new ByteReader();
    const plain = new PlainReader();
    return {
      ours(count) {
        let sum = 0;
        reader.buffer = bytes;
        for (let index = 0; index < count; index++) {
          reader.end = writeVarint(bytes, 0, NUMBERS[index & 63] as number);
          reader.position = 0;
          sum += reader.readVarint();
        }
        sink.value = sum;
      },
      plain(count) {
        let sum = 0;
        for (let index = 0; index < count; index++) {
          writePlainVarint(bytes, 0, NUMBERS[index & 63] as number);
          plain.position = 0;
          sum += plain.readVarint(bytes);
        }
        sink.value = sum;
      },
    };
  },
};
