import { ByteReader } from '../../../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { PlainMaker } from '../../../../src/protocol/codec/msgpack/msgpack-plain.ts';
import { scanMessagePack } from '../../../../src/protocol/codec/msgpack/msgpack-scan.ts';
import type { Piece } from '../piece.ts';
import { pack, unpack } from '../plain-frames.ts';
import { SAMPLES, sink } from '../sample.ts';
import { boundCodec } from '../wire-parts.ts';

/** How far from the front of its buffer a message is that is read. */
const DEEP = 4096;

/** A payload into a writer. */
export const msgpackEncode: Piece = {
  name: 'msgpack encode',
  operation: 'one message checked, packed, and copied behind its type and length',
  plain: 'packed by msgpackr alone',
  atMost: 2.7,
  prepare() {
    const codec = boundCodec();
    const writer = new ByteWriter();
    return {
      ours(count) {
        for (let index = 0; index < count; index++) {
          writer.position = 0;
          codec.encode(0, SAMPLES[index & 63], writer);
        }
      },
      plain(count) {
        for (let index = 0; index < count; index++) sink.value = pack(SAMPLES[index & 63]).end;
      },
    };
  },
};

/** A payload out of a reader. */
export const msgpackDecode: Piece = {
  name: 'msgpack decode',
  operation: 'one message behind its type and length, scanned and unpacked',
  plain: 'unpacked by msgpackr alone',
  atMost: 1.4,
  prepare() {
    const codec = boundCodec();
    const writer = new ByteWriter();
    // Where most messages of a chunk are: near its front msgpackr is quicker.
    writer.ensure(DEEP);
    writer.position = DEEP;
    codec.encode(0, SAMPLES[7], writer);
    const reader = new ByteReader();
    reader.buffer = writer.buffer;
    reader.end = writer.position;
    const message = { type: 0, value: undefined as unknown };
    return {
      ours(count) {
        for (let index = 0; index < count; index++) {
          reader.position = DEEP;
          codec.decode(reader, message);
          sink.value = message.value;
        }
      },
      plain(count) {
        for (let index = 0; index < count; index++) sink.value = unpack(reader.buffer, DEEP + 2, reader.end);
      },
    };
  },
};

/** What stands in front of msgpackr's `pack`. */
export const plainMaker: Piece = {
  name: 'PlainMaker',
  operation: 'one message looked through for what msgpackr would not write as it should',
  plain: 'packed by msgpackr alone',
  atMost: 0.8,
  prepare() {
    const maker = new PlainMaker(4 << 20);
    return {
      ours(count) {
        for (let index = 0; index < count; index++) sink.value = maker.make(SAMPLES[index & 63]);
      },
      plain: msgpackEncode.prepare().plain,
    };
  },
};

/** What stands in front of msgpackr's `unpack`. */
export const scan: Piece = {
  name: 'scan',
  operation: 'the bytes of one message scanned for what msgpackr should not see',
  plain: 'unpacked by msgpackr alone',
  atMost: 0.2,
  prepare() {
    const packed = pack(SAMPLES[7]);
    const bytes = Buffer.alloc(DEEP + packed.end - packed.start);
    packed.copy(bytes, DEEP, packed.start, packed.end);
    return {
      ours(count) {
        for (let index = 0; index < count; index++) scanMessagePack(bytes, DEEP, bytes.length);
      },
      plain(count) {
        for (let index = 0; index < count; index++) sink.value = unpack(bytes, DEEP, bytes.length);
      },
    };
  },
};
