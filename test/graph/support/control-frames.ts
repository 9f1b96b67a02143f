import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { CONNECTION_SEQ, writeControlFrame } from '../../../src/wire/extension/control-frame.ts';

/** The bytes of a frame of the wire extension; by default one about the connection. */
export function controlFrame(type: number, body: Uint8Array = Buffer.alloc(0), seq = CONNECTION_SEQ): Buffer {
  const writer = new ByteWriter();
  writeControlFrame(writer, seq, type, body);
  return writer.buffer.subarray(0, writer.position);
}
