import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { readerOf } from '../../unit/protocol/codec/support.ts';

const ESCAPED = /[<>&\u2028\u2029]/g;

/** A JSON frame with the characters escaped that Go's `encoding/json` escapes: `<` is `\u003c`. */
export function jsonAsGoWrites(frame: Buffer): Buffer {
  const reader = readerOf(frame);
  const writer = new ByteWriter();
  writer.writeVarint(reader.readVarint());
  writer.writeVarint(reader.readVarint());
  const length = reader.readVarint();
  const text = reader.buffer.toString('utf8', reader.position, reader.position + length);
  const escaped = text.replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writer.writeVarint(Buffer.byteLength(escaped));
  writer.writeUtf8(escaped);
  return writer.buffer.subarray(0, writer.position);
}
