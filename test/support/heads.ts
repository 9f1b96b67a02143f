import { ByteWriter } from '../../src/base/bytes/byte-writer.ts';
import { type Head, readHead, writeHeadFrame } from '../../src/wire/extension/head.ts';

/** What stands before the body: sequence number 1, type, length. */
const HEADER_BYTES = 1 + 2 + 2;

/** The body of a head, as it is written. */
export function headBody(head: Head): Buffer {
  const writer = new ByteWriter();
  writeHeadFrame(writer, 1, head);
  return Buffer.from(writer.buffer.subarray(HEADER_BYTES, writer.position));
}

/** A head as it is read, with its texts. */
export function headIn(body: Buffer): Head {
  const head = readHead(body, 0, body.length);
  return { leftMs: head.leftMs, metadata: head.decode() };
}
