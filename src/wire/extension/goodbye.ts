import { ByteReader, NEED_MORE } from '../../base/bytes/byte-reader.ts';
import { varintSize, writeVarint } from '../../base/bytes/varint.ts';
import { CmdStreamError, saidByServer } from '../../base/errors/cmd-stream-error.ts';
import { retryAfterOf } from '../../protocol/push-back.ts';

/** Contents of a GOODBYE. */
export interface Goodbye {
  /** The highest sequence number whose Command is executed; 0 where none is. */
  readonly lastSeq: number;
  /** After how many milliseconds the server would like to be asked again, where it says so. */
  readonly retryAfterMs: number | undefined;
}

/** The body of a GOODBYE: the number, and behind it the wait where there is one. */
export function encodeGoodbye(lastSeq: number, retryAfterMs?: number): Uint8Array {
  const numbers = retryAfterMs === undefined ? [lastSeq] : [lastSeq, Math.ceil(retryAfterMs)];
  const body = new Uint8Array(numbers.reduce((size, number) => size + varintSize(number), 0));
  let position = 0;
  for (const number of numbers) position = writeVarint(body, position, number);
  return body;
}

/** @throws CmdStreamError `protocol-error` for what is no GOODBYE. */
export function readGoodbye(body: Buffer): Goodbye {
  const reader = new ByteReader();
  reader.buffer = body;
  reader.end = body.length;
  const lastSeq = reader.readVarint();
  if (lastSeq === NEED_MORE) throw new CmdStreamError('protocol-error', 'malformed GOODBYE: it has no sequence number');
  const waitMs = reader.readVarint();
  return { lastSeq, retryAfterMs: waitMs === NEED_MORE ? undefined : retryAfterOf(waitMs) };
}

/** The error of a Command that a server has not executed, since it has said goodbye. */
export function shuttingDown(command: string, address: string, retryAfterMs?: number): CmdStreamError {
  const message = `${command}: ${address} has said goodbye, and has not executed it`;
  return saidByServer(new CmdStreamError('closed', message, { mayHaveExecuted: false, retryAfterMs }));
}
