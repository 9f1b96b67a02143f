import { ByteReader, NEED_MORE } from '../../base/bytes/byte-reader.ts';
import { varintSize, writeVarint } from '../../base/bytes/varint.ts';
import { CmdStreamError, saidByServer } from '../../base/errors/cmd-stream-error.ts';

/** The body of a GOODBYE: the highest sequence number whose Command is executed; 0 where none is. */
export function encodeGoodbye(lastSeq: number): Uint8Array {
  const body = new Uint8Array(varintSize(lastSeq));
  writeVarint(body, 0, lastSeq);
  return body;
}

/** @throws CmdStreamError `protocol-error` for what is no GOODBYE. */
export function readGoodbye(body: Buffer): number {
  const reader = new ByteReader();
  reader.buffer = body;
  reader.end = body.length;
  const lastSeq = reader.readVarint();
  if (lastSeq === NEED_MORE) throw new CmdStreamError('protocol-error', 'malformed GOODBYE: it has no sequence number');
  return lastSeq;
}

/** The error of a Command that a server has not executed, since it has said goodbye. */
export function shuttingDown(command: string, address: string): CmdStreamError {
  const message = `${command}: ${address} has said goodbye, and has not executed it`;
  return saidByServer(new CmdStreamError('closed', message, { mayHaveExecuted: false }));
}
