import type { MessageCodec } from '../../../src/codec.ts';
import type { Codec } from '../../../src/index.ts';
import { plainCodecs, protobufCodec, schemas } from './codecs.ts';
import { asJsonArrives, fieldsOf, messageOf, normal, revive } from './meaning.ts';

/** How one codec of the library stands to the meaning of the vectors. */
export interface CodecPeer {
  readonly codec: Codec;
  /** The payload to send for the value of a meaning. */
  payload(kind: Kind, type: string, value: unknown): unknown;
  /** What a payload that has arrived is, in the form of {@link CodecPeer.expected}. */
  arrived(kind: Kind, type: string, payload: unknown): unknown;
  /** What shall arrive for the value of a meaning. */
  expected(value: unknown): unknown;
}

export type Kind = 'command' | 'result';

export const COMMANDS = Object.keys(schemas.commands);
export const RESULTS = Object.keys(schemas.results);

const plain = {
  payload: (_kind: Kind, _type: string, value: unknown) => revive(value),
  arrived: (_kind: Kind, _type: string, payload: unknown) => normal(payload),
  expected: (value: unknown) => normal(revive(value)),
};

const schemaOf = (kind: Kind, type: string) => new Map(Object.entries(schemas[`${kind}s`])).get(type)!;

/** The codecs, by the names that the vectors give them. */
export const peers: Readonly<Record<string, CodecPeer>> = {
  json: { codec: plainCodecs.json, ...plain, expected: (value) => asJsonArrives(plain.expected(value)) },
  msgpack: { codec: plainCodecs.msgpack, ...plain },
  mus: { codec: plainCodecs.mus, ...plain },
  protobuf: {
    codec: protobufCodec,
    payload: (kind, type, value) => messageOf(schemaOf(kind, type), revive(value)),
    arrived: (kind, type, payload) => normal(fieldsOf(schemaOf(kind, type), payload as ReturnType<typeof messageOf>)),
    expected: plain.expected,
  },
};

/** Binds a codec to one direction of the protocol, as a sender and a server do. */
export function bind(codec: Codec, kind: Kind, maxPayloadBytes = 16 * 1024 * 1024): MessageCodec {
  const types = kind === 'command' ? COMMANDS : RESULTS;
  return codec.bind({ kind, types, maxPayloadBytes });
}
