import { ByteReader, NEED_MORE } from '../../base/bytes/byte-reader.ts';
import { varintSize, writeVarint } from '../../base/bytes/varint.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';

/**
 * Results that a server may send for one Command, and bytes of them on the wire: it sends while there is some of both, so that
 * one Result may go beyond.
 */
export interface Credit {
  readonly results: number;
  readonly bytes: number;
}

/** The most that a server may be let send; no number of the wire is larger. */
export const MAX_CREDIT = Number.MAX_SAFE_INTEGER;

/** The body of a CREDIT: what is granted more. */
export function encodeCredit(results: number, bytes: number): Uint8Array {
  const body = new Uint8Array(varintSize(results) + varintSize(bytes));
  writeVarint(body, writeVarint(body, 0, results), bytes);
  return body;
}

/** Of all connections: it is read in one go. */
const reader = new ByteReader();
const NO_BYTES = Buffer.alloc(0);

/**
 * Reads the body of a CREDIT in `buffer[start, end)`.
 * @throws CmdStreamError `protocol-error` for what is no CREDIT.
 */
export function readCredit(buffer: Buffer, start: number, end: number): Credit {
  reader.buffer = buffer;
  reader.position = start;
  reader.end = end;
  try {
    const results = reader.readVarint();
    const bytes = results === NEED_MORE ? NEED_MORE : reader.readVarint();
    if (bytes === NEED_MORE || reader.available > 0) throw malformed('it is not two numbers');
    return { results, bytes };
  } finally {
    reader.buffer = NO_BYTES;
  }
}

/**
 * The credit in a HELLO, where there is one.
 * @throws CmdStreamError `protocol-error` for what is none.
 */
export function creditOf(value: unknown): Credit | undefined {
  if (value === undefined) return undefined;
  const { results, bytes } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (isCount(results) && isCount(bytes)) return { results, bytes };
  throw malformed('that of HELLO is not { results, bytes }, both whole numbers from 1 on');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function malformed(what: string): CmdStreamError {
  return new CmdStreamError('protocol-error', `malformed credit: ${what}`);
}
