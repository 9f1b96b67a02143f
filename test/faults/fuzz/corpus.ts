import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import type { Codec } from '../../../src/index.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { plainCodecs, protobufCodec } from '../../interop/support/codecs.ts';
import { interop, protobufInterop } from '../../interop/support/protocol.ts';
import { bytesOf, readVectors } from '../../interop/support/vectors.ts';
import { MAX_FRAME_BYTES, type Side } from './outcome.ts';
import { payloadOf } from './payload.ts';
import { varintLength } from './reference.ts';

/** A format under fire, and messages of it that are in order: recorded from Go, so that nobody has to make them up. */
export interface Format {
  readonly name: string;
  readonly codec: Codec;
  /** The same names for every format; payloads are for the codec to get right. */
  readonly protocol: typeof interop;
  /** Whether each payload has its length in front: then frames can be told apart without knowing the format. */
  readonly hasLengths: boolean;
  /** Whole messages (all of a frame but its sequence number), by the side that receives them. */
  readonly messages: Readonly<Record<Side, readonly Buffer[]>>;
  /** Messages of 1 to 4 KB, which do not come in one piece. */
  readonly long: Readonly<Record<Side, readonly Buffer[]>>;
  /** Messages that are refused, and others that do not look like any. */
  readonly broken: Readonly<Record<Side, readonly Buffer[]>>;
}

/** Longer ones would make every case slow; long frames are made where they are the point. */
const MAX_MESSAGE_BYTES = 500;

function format(name: string, codec: Codec): Format {
  const vectors = readVectors(name);
  const pick = (direction: string, valid: boolean) =>
    vectors
      .filter((vector) => vector.direction === direction && vector.valid === valid)
      .map(bytesOf)
      .map((frame) => frame.subarray(varintLength(frame)))
      .filter(({ length }) => length > 0 && length <= MAX_MESSAGE_BYTES);
  const protocol = name === 'protobuf' ? (protobufInterop as unknown as typeof interop) : interop;
  const messages = { server: pick('command', true), client: pick('result', true) };
  const broken = { server: pick('command', false), client: pick('result', false) };
  const bare = { name, codec, protocol, hasLengths: name !== 'mus', messages, broken };
  return { ...bare, long: { server: longMessages(bare, 'server'), client: longMessages(bare, 'client') } };
}

/** Messages with a long list, a long text, and both, made of those that have all kinds of fields. */
function longMessages(bare: Omit<Format, 'long'>, side: Side): Buffer[] {
  const { incoming } = bindBoth(bare, side);
  const { outgoing } = bindBoth(bare, side === 'server' ? 'client' : 'server');
  const { commandEntries, resultEntries } = bare.protocol[protocolTables];
  const entries: readonly { readonly name: string }[] = side === 'server' ? commandEntries : resultEntries;
  const type = entries.findIndex(({ name }) => name === 'Kinds');
  const isProtobuf = bare.name === 'protobuf';
  const [list, text, element] = isProtobuf ? (['list', 'text', 300n] as const) : (['List', 'Text', 300] as const);
  const kinds = bare.messages[side].filter((message) => message[0] === type);
  return kinds.slice(0, 3).flatMap((message) =>
    [
      [700, 0],
      [0, 3_000],
      [400, 600],
    ].map(([elements = 0, characters = 0]) => {
      const value = payloadOf({ message }, incoming) as object;
      Object.assign(value, { [list]: Array(elements).fill(element), [text]: 'é'.repeat(characters / 2) });
      const writer = new ByteWriter();
      outgoing.encode(type, value, writer);
      return Buffer.from(writer.buffer.subarray(0, writer.position));
    }),
  );
}

/** All formats of the library. */
export const FORMATS: readonly Format[] = [
  ...Object.entries(plainCodecs).map(([name, codec]) => format(name, codec)),
  format('protobuf', protobufCodec),
];

/** What one side reads, and what it writes. */
export function bindBoth({ codec, protocol }: Pick<Format, 'codec' | 'protocol'>, side: Side) {
  const { commandEntries, resultEntries } = protocol[protocolTables];
  const commands = codec.bind({
    kind: 'command',
    types: commandEntries.map(({ name }) => name),
    maxPayloadBytes: MAX_FRAME_BYTES,
  });
  const results = codec.bind({
    kind: 'result',
    types: resultEntries.map(({ name }) => name),
    maxPayloadBytes: MAX_FRAME_BYTES,
  });
  return side === 'server' ? { incoming: commands, outgoing: results } : { incoming: results, outgoing: commands };
}
