import type { TestRandom } from '../../support/random.ts';
import type { Format } from './corpus.ts';
import { MAX_FRAME_BYTES, type Side } from './outcome.ts';
import { CONTROL, controlFrame, varint } from './reference.ts';
import { credit, head, hello } from './talk.ts';

/** What makers of hostile bytes need. */
export interface HostileInput {
  readonly random: TestRandom;
  readonly format: Format;
  readonly side: Side;
}

const repeat = (text: string, times: number) => Buffer.from(text.repeat(times), 'hex');
/** A frame around a payload, with its length in front. */
const framed = (type: number, payload: Buffer, seq = 1) =>
  Buffer.concat([varint(seq), varint(type), varint(payload.length), payload]);
const HUGE = [MAX_FRAME_BYTES + 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n] as const;
const around = (random: TestRandom, middle: number) => middle + random.int(-2, 2);

/** Bytes by which a peer could hope to harm, by what they try. */
export const HOSTILE: Readonly<Record<string, (input: HostileInput) => Buffer>> = {
  'a giant length': ({ random }) =>
    Buffer.concat([varint(1), varint(random.below(9)), varint(random.pick(HUGE)), random.bytes(random.below(64))]),
  'giant numbers everywhere': ({ random }) =>
    Buffer.concat(Array.from({ length: 3 }, () => (random.chance(1 / 2) ? varint(random.pick(HUGE)) : varint(1)))),
  'an overlong varint': ({ random }) =>
    Buffer.concat([Buffer.alloc(random.below(3), 1), Buffer.alloc(random.int(8, 400), 0x80), varint(1)]),
  'numbers in more bytes than they need': ({ random, format, side }) => {
    const [seq, type] = [random.int(1, 9), random.below(8)];
    const numbers = [varint(seq, random.below(9)), varint(type, random.below(9)), varint(0, random.below(9))];
    return Buffer.concat([...numbers, varint(2), random.pick(format.messages[side]), varint(0, random.below(9))]);
  },
  'deep nesting': ({ random, format }) => {
    const depth = random.int(500, MAX_FRAME_BYTES / 2);
    const open = {
      msgpack: ['91', '81a161', 'dd00000001'],
      json: ['5b', '7b2261223a'],
      protobuf: ['0b', '0a7f'],
      mus: ['01'],
    };
    const brackets = random.pick((open as Record<string, string[]>)[format.name] ?? ['01']);
    const payload = repeat(brackets, Math.floor(depth / brackets.length) * 2);
    return format.hasLengths ? framed(random.below(8), payload) : Buffer.concat([varint(1), varint(6), payload]);
  },
  'announcements of many elements': ({ random, format }) => {
    const many = { msgpack: 'ddffffffff', json: '5b5b5b', protobuf: '52ffffffff0f', mus: 'ffffffff0f' };
    const payload = repeat((many as Record<string, string>)[format.name] ?? '', random.int(1, 400));
    return format.hasLengths ? framed(random.below(8), payload) : Buffer.concat([varint(1), varint(6), payload]);
  },
  'many Pings': ({ random }) => Buffer.alloc(random.int(100, 3_000)),
  'many tiny frames': ({ random }) =>
    Buffer.concat(
      Array.from({ length: random.int(50, 300) }, (_, index) => framed(index % 9, Buffer.alloc(0), index + 1)),
    ),
  'a frame about as long as allowed': ({ random }) =>
    framed(random.below(8), random.bytes(around(random, MAX_FRAME_BYTES))),
  'a long frame that never ends': ({ random }) =>
    Buffer.concat([varint(1), varint(5), varint(MAX_FRAME_BYTES), random.bytes(random.below(MAX_FRAME_BYTES))]),
  'a text as long as allowed': ({ random, format }) => {
    const length = around(random, MAX_FRAME_BYTES - 8);
    const payload = Buffer.concat([varint(length), Buffer.alloc(length, 0x61)]);
    return format.hasLengths ? framed(2, payload) : Buffer.concat([varint(1), varint(2), payload]);
  },
  'types that do not exist': ({ random }) =>
    Buffer.concat([
      varint(1),
      varint(random.pick([8, 9, 10, 127, 128, 2 ** 32, 2 ** 53 - 1])),
      varint(1),
      Buffer.of(1),
    ]),
  'the largest sequence numbers': ({ random, format, side }) =>
    Buffer.concat([
      varint(random.pick([2 ** 31, 2 ** 32, 2 ** 53 - 1, 2n ** 53n])),
      random.pick(format.messages[side]),
    ]),
  'what other formats send': ({ random, format, side }) =>
    Buffer.concat([
      varint(1),
      random.pick(format.broken[side].length > 0 ? format.broken[side] : format.messages[side]),
    ]),
  'frames of the extension in any place': ({ random }) =>
    Buffer.concat(
      Array.from({ length: random.int(1, 4) }, () => {
        const body = random.pick([
          Buffer.alloc(0),
          Buffer.from('{}'),
          random.bytes(random.below(12)),
          Buffer.of(0),
          Buffer.of(2),
        ]);
        return controlFrame(random.int(0, 9), random.int(16_376, 16_382), body);
      }),
    ),
  'a goodbye': ({ random }) => controlFrame(1, CONTROL.goodbye, varint(random.below(12))),
  'a second HELLO': ({ random }) => Buffer.concat([hello(random), hello(random)]),
  'a HELLO as long as allowed': ({ random }) => {
    const body = Buffer.alloc(around(random, 64 * 1024), 0x20);
    body.write('{}');
    return controlFrame(1, CONTROL.hello, body);
  },
  'many heads': ({ random }) =>
    Buffer.concat([hello(random), ...Array.from({ length: random.int(10, 60) }, () => head(random, random.int(1, 9)))]),
  'heads without time': ({ random, format, side }) => {
    const message = random.pick(format.messages[side]);
    const frames = [1, 2, 3].flatMap((seq) => [controlFrame(seq, CONTROL.head, Buffer.of(2)), varint(seq), message]);
    return Buffer.concat([hello(random), ...frames]);
  },
  'many cancels': ({ random }) =>
    Buffer.concat([
      hello(random),
      ...Array.from({ length: random.int(50, 300) }, () => controlFrame(random.int(1, 400), CONTROL.cancel)),
    ]),
  'much credit': ({ random, format, side }) =>
    Buffer.concat([
      hello(random),
      varint(1),
      random.pick(format.messages[side]),
      ...Array.from({ length: random.int(50, 300) }, () => credit(random)),
      controlFrame(1, CONTROL.credit, random.bytes(random.below(5))),
    ]),
  'Commands sent and cancelled in turn': ({ random, format, side }) => {
    const one = (seq: number) => [varint(seq), random.pick(format.messages[side]), controlFrame(seq, CONTROL.cancel)];
    return Buffer.concat([
      hello(random),
      ...Array.from({ length: random.int(5, 60) }, (_, index) => one(index + 1)).flat(),
    ]);
  },
};
