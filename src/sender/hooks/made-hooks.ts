import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { show } from '../../base/options/check.ts';
import { tookPromise } from '../../base/thenable.ts';
import type { Hooks } from './hooks.ts';
import { noopHooks } from './noop-hooks.ts';

/**
 * Hooks that a factory has made; none where it made nothing. Anything else is refused: the policies of an asynchronous
 * factory would be skipped in silence.
 * @throws CmdStreamError `invalid-argument`
 */
export function madeHooks(made: unknown): Hooks {
  if (made === undefined || made === null) return noopHooks();
  const isPromise = tookPromise(made);
  if (typeof made === 'object' && !isPromise) return made;
  const got = isPromise ? 'a promise' : show(made);
  throw new CmdStreamError('invalid-argument', `a factory of hooks must return hooks, at once; got ${got}`);
}
