import fc from 'fast-check';
import { ByteReader } from '../../../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { BadPayload, type Codec, type MessageCodec } from '../../../../src/protocol/codec/codec.ts';

/** A payload limit that no test reaches by accident. */
export const LARGE = 64 * 1024 * 1024;

/** One direction of a protocol of two types. */
export function bind(codec: Codec, maxPayloadBytes = LARGE): MessageCodec {
  return codec.bind({ kind: 'command', types: ['First', 'Second'], maxPayloadBytes });
}

/** The bytes of one message. */
export function encode(codec: MessageCodec, type: number, value: unknown): Buffer {
  // Small, so that it grows while it is written.
  const writer = new ByteWriter(1);
  codec.encode(type, value, writer);
  return Buffer.from(writer.buffer.subarray(0, writer.position));
}

/** A reader of bytes that have arrived; other memory lies around them, as in a socket's buffer. */
export function readerOf(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader();
  reader.buffer = Buffer.concat([Buffer.alloc(7, 0xc1), bytes, Buffer.alloc(9, 0x01)]);
  reader.position = 7;
  reader.end = 7 + bytes.length;
  return reader;
}

/** Reads one message; fails where that is not all there is. */
export function decode(codec: MessageCodec, bytes: Uint8Array): { type: number; value: unknown } {
  const reader = readerOf(bytes);
  const message = { type: -1, value: undefined as unknown };
  if (!codec.decode(reader, message)) throw new Error('the message is not whole');
  if (reader.available !== 0) throw new Error(`${reader.available} bytes are left`);
  return { type: message.type, value: message.value };
}

/** What arrives at the other side. */
export function sent(codec: Codec, value: unknown): unknown {
  const bound = bind(codec);
  return decode(bound, encode(bound, 0, value)).value;
}

/** Reads a payload alone, by putting a type and a length in front. */
export function decodePayload(codec: Codec, payload: Uint8Array): unknown {
  const writer = new ByteWriter();
  writer.writeVarint(1);
  writer.writeVarint(payload.length);
  writer.writeBytes(payload);
  return decode(bind(codec), writer.buffer.subarray(0, writer.position)).value;
}

/** The payload of a value alone. */
export function encodePayload(codec: Codec, value: unknown): Buffer {
  const bytes = encode(bind(codec), 0, value);
  const reader = readerOf(bytes);
  reader.readVarint();
  const length = reader.readVarint();
  return bytes.subarray(bytes.length - length);
}

/** The message of the error that a payload is refused with when it arrives. */
export function refusalOf(codec: Codec, payload: Uint8Array): string {
  const value = decodePayload(codec, payload);
  if (!(value instanceof BadPayload)) throw new Error('the payload was accepted');
  return (value.error as Error).message;
}

/** Values of these kinds, and lists and objects of them. */
export function valuesOf(...kinds: fc.Arbitrary<unknown>[]): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      ...kinds,
      fc.array(tie('value')),
      fc.dictionary(
        // Which msgpack refuses, and msgpackr by itself renames.
        fc.string({ unit: 'binary' }).filter((key) => key !== '__proto__'),
        tie('value'),
        { noNullPrototype: true },
      ),
    ),
  })).value;
}
