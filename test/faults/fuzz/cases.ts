import { TestRandom } from '../../support/random.ts';
import { FORMATS, type Format } from './corpus.ts';
import type { Delivery } from './fuzz-stream.ts';
import { HOSTILE } from './hostile-bytes.ts';
import type { Side } from './outcome.ts';
import { varint } from './reference.ts';
import { brokenWelcomes, introductionOf, withTalk } from './talk.ts';

/** One stream of bytes, and how it arrives. The same seed and index give the same case, always. */
export interface FuzzCase {
  readonly index: number;
  readonly format: Format;
  readonly side: Side;
  /** What was done to the traffic: `some bits flipped`. */
  readonly about: string;
  readonly bytes: Buffer;
  /** Frames that stand at the start as somebody in order sent them, behind the ServerInfo. */
  readonly intact: readonly { readonly seq: number; readonly message: Buffer }[];
  readonly delivery: Delivery;
}

/** A frame; those of the extension have no message, and no number here. */
export interface Frame {
  readonly seq: number;
  readonly message: Buffer;
  readonly bytes: Buffer;
}

type Change = (random: TestRandom, frames: readonly Frame[], other: Buffer) => Buffer;

const joined = (frames: readonly Frame[]) => Buffer.concat(frames.map(({ bytes }) => bytes));

/** What faults make of traffic that was in order. */
const CHANGES: Readonly<Record<string, Change>> = {
  nothing: (_, frames) => joined(frames),
  'some bits flipped': (random, frames) => {
    const bytes = joined(frames);
    for (let count = random.int(1, 8); count > 0; count--) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
    }
    return bytes;
  },
  'some bytes replaced': (random, frames) => {
    const bytes = joined(frames);
    random.bytes(random.int(1, 16)).copy(bytes, random.below(bytes.length));
    return bytes;
  },
  'a piece cut out': (random, frames) => {
    const bytes = joined(frames);
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.int(1, 40))]);
  },
  'bytes put in': (random, frames) => {
    const bytes = joined(frames);
    const at = random.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(random.int(1, 40)), bytes.subarray(at)]);
  },
  'two streams spliced': (random, frames, other) => {
    const bytes = joined(frames);
    return Buffer.concat([bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length))]);
  },
  'the end cut off': (random, frames) => {
    const bytes = joined(frames);
    return bytes.subarray(0, random.below(bytes.length));
  },
  'frames doubled': (random, frames) =>
    joined(frames.flatMap((frame) => (random.chance(1 / 2) ? [frame, frame] : [frame]))),
  'frames in another order': (random, frames) => {
    const order = frames.map((frame) => ({ frame, key: random.next() })).sort((a, b) => a.key - b.key);
    return joined(order.map(({ frame }) => frame));
  },
};

/** Case `index` of the run with this seed. */
export function makeCase(seed: number, index: number): FuzzCase {
  const random = new TestRandom(`${seed}/${index}`);
  const format = FORMATS[index % FORMATS.length] as Format;
  const side: Side = random.chance(1 / 2) ? 'server' : 'client';
  const talks = random.chance(1 / 2);
  const introduction = side === 'client' ? introductionOf(format, talks) : Buffer.alloc(0);
  const traffic = trafficOf(random, format, side, talks);
  let about: string;
  let body: Buffer;
  const kind = random.below(24);
  if (kind === 0) {
    about = 'any bytes';
    body = random.bytes(random.int(1, random.chance(1 / 20) ? 2_000 : 100));
  } else if (kind <= 4) {
    about = random.pick(Object.keys(HOSTILE));
    const hostile = HOSTILE[about]?.({ random, format, side }) ?? Buffer.alloc(0);
    body = Buffer.concat([joined(traffic), hostile, joined(random.chance(1 / 2) ? traffic : [])]);
  } else {
    about = random.pick(Object.keys(CHANGES));
    body = CHANGES[about]?.(random, traffic, joined(trafficOf(random, format, side, talks))) ?? Buffer.alloc(0);
  }
  const bytes =
    side === 'client' && random.chance(1 / 12)
      ? Buffer.concat([random.pick(introductions(random, format)), body])
      : Buffer.concat([introduction, body]);
  const same = sameStart(bytes, Buffer.concat([introduction, joined(traffic)]));
  let end = introduction.length;
  const intact = traffic.filter((frame) => {
    end += frame.bytes.length;
    return end <= same;
  });
  return {
    index,
    format,
    side,
    about,
    bytes,
    intact,
    delivery: deliveryOf(random, bytes.length, introduction, traffic),
  };
}

/** What servers that are none of ours may say first. */
const introductions = (random: TestRandom, format: Format) => [
  ...brokenWelcomes(random, format),
  Buffer.alloc(0),
  Buffer.from('\x07Default'),
  Buffer.from('\x00'),
  Buffer.from('\x10default;cancel;x'),
  Buffer.concat([varint(1024), Buffer.alloc(1024, 0x61)]),
  Buffer.concat([varint(1025), Buffer.alloc(1025, 0x61)]),
  Buffer.concat([varint(random.pick([2 ** 32, 2 ** 53 - 1, 2n ** 64n - 1n])), Buffer.alloc(99)]),
  Buffer.concat([varint(7, random.below(9)), Buffer.from('default')]),
  Buffer.from('\x07def'),
  Buffer.alloc(20, 0xff),
  random.bytes(12),
];

/**
 * Some frames in order. Those for a client answer Commands that it has sent, and some that it has not.
 * @param talks - whether both ends have the wire extension.
 */
function trafficOf(random: TestRandom, format: Format, side: Side, talks: boolean): Frame[] {
  const frames = plainTraffic(random, format, side);
  return talks ? withTalk(random, side, frames) : frames;
}

function plainTraffic(random: TestRandom, format: Format, side: Side): Frame[] {
  return Array.from({ length: random.int(1, 6) }, (_, index) => {
    if (random.chance(1 / 10)) return { seq: 0, message: Buffer.alloc(0), bytes: Buffer.of(0) };
    const seq = random.chance(1 / 8) ? random.int(1, 20_000) : index + 1;
    const message = random.pick((random.chance(1 / 30) ? format.long : format.messages)[side]);
    return { seq, message, bytes: Buffer.concat([varint(seq), message]) };
  });
}

function deliveryOf(random: TestRandom, length: number, first: Buffer, traffic: readonly Frame[]): Delivery {
  const yieldEvery = random.pick([1, 4, 1_000_000]);
  const takesSlowly = random.chance(1 / 4);
  return {
    cuts: cutsOf(random, length, first.length, traffic),
    yieldEvery: length > 100 ? 1_000_000 : yieldEvery,
    takesSlowly,
  };
}

/** At once, byte by byte, in halves, in small pieces, in large ones, at the ends of frames and beside them. */
function cutsOf(random: TestRandom, length: number, first: number, traffic: readonly Frame[]): number[] {
  const every = (step: () => number) => {
    const cuts: number[] = [];
    for (let at = step(); at < length; at += step()) cuts.push(at);
    return cuts;
  };
  switch (random.below(6)) {
    case 0:
      return [];
    case 1:
      return length <= 500 ? every(() => 1) : every(() => random.int(1, 200));
    case 2:
      return length > 1 ? [random.int(1, length - 1)] : [];
    case 3:
      return every(() => random.int(1, length <= 2_000 ? 7 : 300));
    case 4:
      return every(() => random.int(200, 4_000));
    default: {
      const beside = random.int(-1, 1);
      const ends: number[] = [];
      for (const { bytes } of traffic) ends.push((ends.at(-1) ?? first + beside) + bytes.length);
      return ends.filter((cut, index) => cut > 0 && cut < length && cut !== ends[index - 1]);
    }
  }
}

function sameStart(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  let length = 0;
  while (length < most && one[length] === other[length]) length++;
  return length;
}
