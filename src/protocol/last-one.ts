import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { tookPromise } from '../base/thenable.ts';
import type { ResultEntry } from './protocol.ts';

/**
 * Whether a Result says of itself that it is the last one of its Command.
 * @throws CmdStreamError `invalid-argument` for a `lastOne` that returns a promise, which would pass for `true`; and what
 * `lastOne` throws.
 */
export function isLastOne({ name, lastOne }: ResultEntry, value: unknown): boolean {
  const last: unknown = lastOne(value);
  if (last === true || last === false) return last;
  if (!tookPromise(last)) return Boolean(last);
  const message = `lastOne of ${name} must return true or false, at once; it returned a promise`;
  throw new CmdStreamError('invalid-argument', message);
}
