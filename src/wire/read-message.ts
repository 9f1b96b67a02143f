import { ByteReader } from '../base/bytes/byte-reader.ts';
import type { DecodedMessage, MessageCodec } from '../protocol/codec/codec.ts';
import { decodeNow } from '../protocol/codec/prompt.ts';
import { LARGE_FRAME_BYTES } from './frame-size.ts';

/** A reader of frames: large ones are decoded when that is asked for. */
export function newReader(): ByteReader {
  const reader = new ByteReader();
  reader.atOnceBytes = LARGE_FRAME_BYTES;
  return reader;
}

/** Moves past one message; returns whether it was there whole. */
export function skipMessage(codec: MessageCodec, reader: ByteReader, message: DecodedMessage): boolean {
  const isWhole = codec.skip === undefined ? decodeNow(codec, reader, message) : codec.skip(reader, message);
  if (isWhole) message.value = undefined;
  return isWhole;
}
