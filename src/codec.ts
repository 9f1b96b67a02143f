// For those who write a codec of their own: 'cmd-stream/codec'.
export { ByteReader, NEED_MORE } from './base/bytes/byte-reader.ts';
export { ByteWriter } from './base/bytes/byte-writer.ts';
export {
  BadPayload,
  type Codec,
  type DecodedMessage,
  type MessageCodec,
  type MessageSet,
} from './protocol/codec/codec.ts';
export { lengthPrefixed, type PayloadFormat } from './protocol/codec/length-prefixed.ts';
export type { CommandDefinition, ResultDefinition, Schema } from './protocol/definitions.ts';
export type { CommandEntry, ProtocolTables, ResultEntry } from './protocol/protocol.ts';
export { ERROR_RESULT_TYPE, type ErrorResult, type ErrorResultCode } from './protocol/reserved.ts';
