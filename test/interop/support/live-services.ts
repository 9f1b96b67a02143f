import type { Sender, SendOptions } from '../../../src/index.ts';
import { musInterop } from './codecs.ts';
import type { CodecName } from './go-peers.ts';
import { type CodecPeer, peers } from './peers.ts';
import { interop, protobufInterop } from './protocol.ts';
import { type MessageMeaning, readVectors } from './vectors.ts';

/** The interop protocol with one codec, spoken in the words of the vectors' meaning whatever the codec. */
export interface LiveService {
  /** For the title of a test. */
  readonly name: string;
  readonly codec: CodecName;
  /** What a Go peer is started with beside the codec. */
  readonly flags: readonly string[];
  readonly peer: CodecPeer;
  /** The protocol; its Commands are made by {@link commandOf}, since payloads of Protobuf are messages. */
  readonly protocol: typeof interop;
  /** Whether nil arrives as nil, and not as empty. */
  readonly knowsNil: boolean;
}

export type CommandName = keyof typeof interop & string;

const peerOf = (codec: CodecName) => peers[codec] as CodecPeer;
const plain = { flags: [], protocol: interop };

export const liveServices: readonly LiveService[] = [
  { ...plain, name: 'json', codec: 'json', peer: peerOf('json'), knowsNil: true },
  { ...plain, name: 'msgpack', codec: 'msgpack', peer: peerOf('msgpack'), knowsNil: true },
  {
    ...plain,
    name: 'protobuf',
    codec: 'protobuf',
    peer: peerOf('protobuf'),
    knowsNil: false,
    // The names are the same; what the payloads are is the peer's matter.
    protocol: protobufInterop as unknown as typeof interop,
  },
  { ...plain, name: 'mus', codec: 'mus', peer: peerOf('mus'), knowsNil: false },
  {
    ...plain,
    name: 'mus with type numbers from 1',
    codec: 'mus',
    flags: ['--mus-first-type', '1'],
    peer: { ...peerOf('mus'), codec: musInterop(1) },
    knowsNil: false,
  },
];

/** The service of a codec, with the usual type numbers. */
export function liveService(codec: CodecName): LiveService {
  return liveServices.find((service) => service.codec === codec) as LiveService;
}

/** A Command with a value in Go's words: `{ A: 2, B: { $int: '9223372036854775807' } }`. */
export function commandOf(service: LiveService, name: CommandName, value: object) {
  const payload = service.peer.payload('command', name, inWordsOf(service, value));
  return service.protocol[name](payload as never);
}

/** Sends a Command with a value in Go's words. The Result is in the form of {@link shallBe}. */
export async function ask(
  service: LiveService,
  sender: Sender<typeof interop>,
  name: CommandName,
  value: object,
  options?: SendOptions,
): Promise<unknown> {
  const answer: unknown = await sender.send(commandOf(service, name, value) as never, options);
  return heard(service, name, answer);
}

const onlyResult: Partial<Record<CommandName, string>> = {
  Add: 'Sum',
  Countdown: 'Tick',
  Delay: 'Done',
  Fail: 'Done',
  Echo: 'Echoed',
  Kinds: 'Kinds',
  Special: 'Number',
};

/** An answer to a Command, in the form of {@link shallBe}; with its type where the Command has several. */
export function heard({ peer }: LiveService, name: CommandName, answer: unknown): unknown {
  const type = onlyResult[name];
  if (type !== undefined) return peer.arrived('result', type, answer);
  const several = answer as { type: string; value: unknown };
  return { type: several.type, value: peer.arrived('result', several.type, several.value) };
}

/** What shall arrive for a value in Go's words. */
export function shallBe(service: LiveService, value: unknown): unknown {
  return service.peer.expected(inWordsOf(service, value));
}

/** The values of `Kinds` in the vectors, in the words of the codec: all fields zero, and all at interesting places. */
export function kindsOf({ codec }: LiveService): { zero: object; full: object } {
  const [zero, full] = readVectors(codec)
    .filter(({ valid, direction }) => valid && direction === 'command')
    .map(({ meaning }) => meaning as MessageMeaning)
    .filter(({ type }) => type === 'Kinds')
    .map(({ value }) => value as object);
  return { zero: zero as object, full: full as object };
}

/** With Protobuf the names of fields start with a small letter, and a bare value stands in a field. */
function inWordsOf({ codec }: LiveService, value: unknown): unknown {
  if (codec !== 'protobuf') return value;
  if (typeof value !== 'object' || value === null || '$int' in value || '$float' in value) return { value };
  const small = ([name, field]: [string, unknown]) => [name.charAt(0).toLowerCase() + name.slice(1), field];
  return Object.fromEntries(Object.entries(value).map(small));
}
