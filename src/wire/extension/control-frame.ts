import { type ByteReader, NEED_MORE } from '../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { FIRST_RESERVED_TYPE, RESERVED_TYPES } from '../../protocol/reserved.ts';

/** Sequence number of frames that are about the connection; those about a Command have its number. */
export const CONNECTION_SEQ = 1;

/** The longest HELLO and WELCOME. */
export const MAX_INTRODUCTION_BYTES = 64 * 1024;
/** The longest frame of the others: that of the most metadata. */
const MAX_HEAD_BYTES = 8 * 1024;

/**
 * A frame of the wire extension: `varint seq`, `varint type`, `varint length`, and a body of its own encoding. Its memory is the
 * reader's, and so may be the object: nothing may keep either.
 */
export class ControlFrame {
  seq = 0;
  /** One of the {@link RESERVED_TYPES}. */
  type = 0;
  buffer: Buffer = NO_BYTES;
  /** The body is `buffer[start, end)`. */
  start = 0;
  end = 0;

  get body(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  get size(): number {
    return this.end - this.start;
  }
}

const NO_BYTES = Buffer.alloc(0);

/** The first byte of the lowest reserved number as a varint, and the second byte of all of them. */
const FIRST_BYTE = (FIRST_RESERVED_TYPE & 0x7f) | 0x80;
const SECOND_BYTE = FIRST_RESERVED_TYPE >> 7;

/** Whether a frame of the extension is behind its sequence number, by its first two bytes; the error Result is none. */
export function isControlNext({ buffer, position, end }: ByteReader): boolean {
  // Hardly any other type has that second byte, and payloads seldom.
  if (buffer[position + 1] !== SECOND_BYTE || position + 1 >= end) return false;
  const first = buffer[position] as number;
  return first >= FIRST_BYTE && first < 0xff;
}

/**
 * Reads a frame of the extension behind its sequence number into `frame`. Returns whether it was there whole; what is missing
 * is said where it was not.
 * @throws CmdStreamError `protocol-error` for one that is too long.
 */
export function readControlFrame(reader: ByteReader, seq: number, frame: ControlFrame): boolean {
  const type = reader.readVarint();
  const length = type === NEED_MORE ? NEED_MORE : reader.readVarint();
  if (length === NEED_MORE) return false;
  const isIntroduction = type === RESERVED_TYPES.hello || type === RESERVED_TYPES.welcome;
  const most = isIntroduction ? MAX_INTRODUCTION_BYTES : MAX_HEAD_BYTES;
  if (length > most) {
    throw new CmdStreamError(
      'protocol-error',
      `a frame of type ${type} has ${length} bytes, over the limit of ${most}`,
    );
  }
  if (length > reader.available) {
    reader.missing = length;
    return false;
  }
  frame.seq = seq;
  frame.type = type;
  frame.buffer = reader.buffer;
  frame.start = reader.position;
  frame.end = reader.position + length;
  reader.position = frame.end;
  return true;
}

/** Appends a frame of the extension whose body is there. */
export function writeControlFrame(writer: ByteWriter, seq: number, type: number, body: Uint8Array): void {
  writer.writeVarint(seq);
  writer.writeVarint(type);
  writer.writeVarint(body.length);
  writer.writeBytes(body);
}
