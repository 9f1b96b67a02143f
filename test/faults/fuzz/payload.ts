import { ByteReader } from '../../../src/base/bytes/byte-reader.ts';
import type { MessageCodec } from '../../../src/protocol/codec/codec.ts';

/** The payload of a whole frame. */
export function payloadOf({ message }: { readonly message: Buffer }, incoming: MessageCodec): unknown {
  const reader = new ByteReader();
  reader.buffer = message;
  reader.end = message.length;
  const decoded = { type: 0, value: undefined as unknown };
  if (!incoming.decode(reader, decoded) || reader.available > 0) throw new Error('the reference found no whole frame');
  return decoded.value;
}
