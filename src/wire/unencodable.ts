import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';

/**
 * The error of a message whose encoding threw `thrown`. A codec's own words stay as they are. Any other CmdStreamError
 * tells of another request (a getter that sent something, or fetched it first): neither its code nor its
 * `mayHaveExecuted` may be taken for this one's.
 */
export function unencodable(thrown: unknown): CmdStreamError {
  const isForeign =
    thrown instanceof CmdStreamError &&
    (thrown.mayHaveExecuted || (thrown.code !== 'encode-failed' && thrown.code !== 'frame-too-large'));
  if (!isForeign) return CmdStreamError.from(thrown, 'encode-failed', 'cannot be encoded');
  return new CmdStreamError('encode-failed', `cannot be encoded: ${thrown.message}`, { cause: thrown });
}

/** The error of a message that is sent while another one of the same connection is being encoded. */
export function sentWhileEncoding(): CmdStreamError {
  return new CmdStreamError('encode-failed', 'cannot be sent from a getter or toJSON of a payload that is being sent');
}
