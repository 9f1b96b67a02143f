import type { ByteReader } from '../../base/bytes/byte-reader.ts';
import type { ByteWriter } from '../../base/bytes/byte-writer.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { tookPromise } from '../../base/thenable.ts';
import type { DecodedMessage, MessageCodec } from './codec.ts';

// Codecs answer at once: bytes that come later would stand in the middle of others. Types say so; these say it to those
// who have none.

/** @throws CmdStreamError `encode-failed` where the codec returns a promise; and what its `encode` throws. */
export function encodeNow(codec: MessageCodec, type: number, value: unknown, writer: ByteWriter): void {
  const returned: unknown = codec.encode(type, value, writer);
  if (returned !== undefined) refusePromise('encode() of the codec', returned, 'encode-failed');
}

/** @throws CmdStreamError `protocol-error` where the codec returns a promise; and what its `decode` throws. */
export function decodeNow(codec: MessageCodec, reader: ByteReader, message: DecodedMessage): boolean {
  const isWhole: unknown = codec.decode(reader, message);
  if (isWhole === true || isWhole === false) return isWhole;
  refusePromise('decode() of the codec', isWhole, 'protocol-error');
  return Boolean(isWhole);
}

/**
 * Refuses what a function of the user's has returned, where that is a promise.
 * @param what - the function, for the message.
 */
export function refusePromise(what: string, returned: unknown, code: 'encode-failed' | 'protocol-error'): void {
  if (!tookPromise(returned)) return;
  throw new CmdStreamError(code, `${what} returned a promise: it must be done when it returns`);
}
