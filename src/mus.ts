// MUS payloads, for services whose Go side uses codec-mus-stream: 'cmd-stream/mus'.
export type { LimitedMusSerializer } from './protocol/codec/mus/limited.ts';
export { type MusOptions, type MusSerializerOf, mus } from './protocol/codec/mus/mus.ts';
export type { MusReader } from './protocol/codec/mus/mus-reader.ts';
export type { MusWriter } from './protocol/codec/mus/mus-writer.ts';
export type { MusFirstTypes } from './protocol/codec/mus/options.ts';
export { ord } from './protocol/codec/mus/ord.ts';
export { raw } from './protocol/codec/mus/raw.ts';
export type { AnyMusSerializer, MusInput, MusOutput, MusSerializer } from './protocol/codec/mus/serializer.ts';
export { type MusFields, type StructInput, type StructOutput, struct } from './protocol/codec/mus/struct.ts';
export { transform } from './protocol/codec/mus/transform.ts';
export { varint } from './protocol/codec/mus/varint.ts';
