import { printable } from '../errors/printable.ts';

/**
 * What the library puts on the wire beyond what a protocol declares. The Go protocol has none of it: the error Result is
 * sent by servers in place of closing the connection; everything else would be offered under a ServerInfo of its own.
 */

/** The payload of the error Result. */
export interface ErrorResult {
  /** What went wrong, as the client shall report it. */
  readonly code: 'command-failed' | 'command-invalid';
  /** The message of the error; never a stack. */
  readonly message: string;
}

/**
 * The type number of the error Result, whatever a protocol declares: the same for all its versions, so that a client of
 * another one takes no error for a Result. The largest that two bytes hold on the wire.
 */
export const ERROR_RESULT_TYPE = 16_383;

/** What the error Result is called where Results have names. */
export const ERROR_RESULT_NAME = '(error)';

/** Reads the payload of an error Result, whatever the peer put there; the message as it may be shown. */
export function readErrorResult(value: unknown): ErrorResult {
  const fields = typeof value === 'object' && value !== null ? (value as Partial<ErrorResult>) : {};
  return {
    code: fields.code === 'command-invalid' ? 'command-invalid' : 'command-failed',
    message: typeof fields.message === 'string' ? printable(fields.message) : 'the server gave no reason',
  };
}
