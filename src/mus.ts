// MUS payloads, for services whose Go side uses codec-mus-stream: 'cmd-stream/mus'.
export type { LimitedMusSerializer } from './codec/mus/limited.ts';
export { type MusOptions, type MusSerializerOf, mus } from './codec/mus/mus.ts';
export type { MusFirstTypes } from './codec/mus/options.ts';
export { ord } from './codec/mus/ord.ts';
export { raw } from './codec/mus/raw.ts';
export type { AnyMusSerializer, MusInput, MusOutput, MusSerializer } from './codec/mus/serializer.ts';
export { type MusFields, type StructInput, type StructOutput, struct } from './codec/mus/struct.ts';
export { transform } from './codec/mus/transform.ts';
export { varint } from './codec/mus/varint.ts';
