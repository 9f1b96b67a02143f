// Protobuf payloads, on the optional peer dependency @bufbuild/protobuf: 'cmd-stream/protobuf'.
export { type ProtobufOptions, type ProtobufSchemaOf, protobuf } from './protocol/codec/protobuf/protobuf.ts';
