import { CmdStreamError } from '../../../base/errors/cmd-stream-error.ts';

/** For bytes after which nothing can be read any more. */
export function protocolError(problem: string): CmdStreamError {
  return new CmdStreamError('protocol-error', `malformed MUS payload: ${problem}`);
}
