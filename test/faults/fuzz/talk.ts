import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { encodeCredit } from '../../../src/wire/extension/credit.ts';
import { writeHeadFrame } from '../../../src/wire/extension/head.ts';
import { encodeHello, encodeWelcome, type Welcome } from '../../../src/wire/extension/introduction.ts';
import { metadataOf } from '../../../src/wire/extension/metadata.ts';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import type { TestRandom } from '../../support/random.ts';
import type { Frame } from './cases.ts';
import type { Format } from './corpus.ts';
import type { Side } from './outcome.ts';
import { CONTROL, controlFrame } from './reference.ts';

/** What a server in order says of itself. */
function welcomeOf({ codec, protocol }: Format): Welcome {
  const { commandEntries, resultEntries } = protocol[protocolTables];
  return {
    codec: codec.name,
    commands: commandEntries.map(({ name }) => name),
    results: resultEntries.map(({ name }) => name),
    maxFrameBytes: 4096,
    instance: 'fuzz',
    version: '1.2.3',
    schemas: {},
    returns: [],
    several: [],
    ends: false,
    refused: undefined,
  };
}

/** What a server says first, and where it `talks` by the extension also its answer to HELLO. */
export function introductionOf(format: Format, talks: boolean): Buffer {
  if (!talks) return Buffer.from('\x07default');
  return Buffer.concat([INTRODUCTION, controlFrame(1, CONTROL.welcome, encodeWelcome(welcomeOf(format)))]);
}

const INTRODUCTION = encodeServerInfo('default;x1');

/** Answers to HELLO that are none, or not those of this service. */
export function brokenWelcomes(random: TestRandom, format: Format): Buffer[] {
  const welcome = welcomeOf(format);
  const whole = controlFrame(1, CONTROL.welcome, encodeWelcome(welcome));
  const flipped = Buffer.from(whole);
  const at = random.below(flipped.length);
  flipped[at] = (flipped[at] as number) ^ (1 << random.below(8));
  const said = (fields: Partial<Welcome>) => controlFrame(1, CONTROL.welcome, encodeWelcome({ ...welcome, ...fields }));
  const answers = [
    Buffer.alloc(0),
    whole.subarray(0, random.below(whole.length)),
    flipped,
    said({ refused: 'not you\u001b[2J' }),
    said({ codec: 'another' }),
    said({ commands: ['Another', ...welcome.commands] }),
    said({ results: [] }),
    controlFrame(1, CONTROL.welcome, Buffer.from('[]')),
    controlFrame(1, CONTROL.welcome, random.bytes(random.below(40))),
    controlFrame(1, random.pick(Object.values(CONTROL)), Buffer.from('{}')),
    Buffer.from('01fd7fffffffff0f', 'hex'),
    Buffer.of(0),
  ];
  return answers.map((answer) => Buffer.concat([INTRODUCTION, answer]));
}

/** HELLO of a client in order. */
export function hello(random: TestRandom): Buffer {
  const metadata = random.chance(1 / 2) ? metadataOf([['token', 'x'.repeat(random.below(200))]]) : metadataOf([]);
  const timeoutMs = random.pick([1_000, 60_000, Number.POSITIVE_INFINITY]);
  const credit = random.chance(1 / 2) ? { results: random.int(1, 3), bytes: random.int(1, 2 ** 20) } : undefined;
  return controlFrame(
    1,
    CONTROL.hello,
    encodeHello({ timeoutMs, metadata, version: '1.2.3', describe: false, credit }),
  );
}

/** Head of a Command with much time. */
export function head(random: TestRandom, seq: number): Buffer {
  const writer = new ByteWriter(64);
  const texts: (readonly [string, string])[] = [];
  for (let count = random.below(4); count > 0; count--) {
    texts.push([random.pick(['a', 'traceparent', '__proto__', 'constructor']), `é${'x'.repeat(random.below(150))}`]);
  }
  const leftMs = random.pick([undefined, Number.POSITIVE_INFINITY, 60_000, 2 ** 40]);
  writeHeadFrame(writer, seq, { leftMs, metadata: metadataOf(texts) });
  return Buffer.from(writer.buffer.subarray(0, writer.position));
}

/** More credit for a Command. */
export function credit(random: TestRandom): Buffer {
  const amount = () => random.pick([0, 1, 300, 2 ** 31, 2 ** 40]);
  return controlFrame(random.int(1, 8), CONTROL.credit, encodeCredit(amount(), amount()));
}

/** Traffic with what both ends tell each other beside it, in place. */
export function withTalk(random: TestRandom, side: Side, frames: readonly Frame[]): Frame[] {
  const told = (bytes: Buffer): Frame => ({ seq: 0, message: Buffer.alloc(0), bytes });
  if (side === 'client') {
    return frames.flatMap((frame) =>
      random.chance(1 / 4) ? [told(controlFrame(random.int(1, 20), CONTROL.ended)), frame] : [frame],
    );
  }
  const talk = frames.flatMap((frame) => {
    const before = frame.seq > 0 && random.chance(1 / 3) ? [told(head(random, frame.seq))] : [];
    const behind = random.chance(1 / 5) ? [told(controlFrame(random.int(1, 8), CONTROL.cancel))] : [];
    const more = random.chance(1 / 5) ? [told(credit(random))] : [];
    return [...before, frame, ...behind, ...more];
  });
  return [told(hello(random)), ...talk];
}
