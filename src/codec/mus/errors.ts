import { CmdStreamError } from '../../errors/cmd-stream-error.ts';
import type { AnyMusSerializer } from './serializer.ts';

/** For bytes after which nothing can be read any more. */
export function protocolError(problem: string): CmdStreamError {
  return new CmdStreamError('protocol-error', `malformed MUS payload: ${problem}`);
}

/**
 * Refuses elements that may take no bytes: a few bytes could announce any number of them.
 * @throws CmdStreamError `invalid-argument`
 */
export function checkElement(of: string, element: AnyMusSerializer): void {
  if (element.minBytes > 0) return;
  throw new CmdStreamError('invalid-argument', `${of} takes no elements without any bytes, as ${element.name} has`);
}
