import { describeError } from '../errors/cmd-stream-error.ts';
import type { Warn } from '../system/warn.ts';

/**
 * Calls a function of the user's where its failure has no caller to tell: what it throws, or what a promise that it
 * returns rejects with, becomes a warning.
 *
 * @param what the function's name in the warning.
 */
export function callUserCode<Arguments extends unknown[]>(
  what: string,
  warn: Warn,
  call: (...args: Arguments) => unknown,
  ...args: Arguments
): void {
  try {
    watchUserPromise(what, warn, call(...args));
  } catch (error) {
    warnOfUserCode(what, warn, error);
  }
}

/** Warns when `returned` is a promise that rejects: an async function passes where one that returns nothing is asked. */
export function watchUserPromise(what: string, warn: Warn, returned: unknown): void {
  if (isThenable(returned)) returned.then(undefined, (error: unknown) => warnOfUserCode(what, warn, error));
}

/** Whether `value` is a promise, of whatever library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Warns that a function of the user's failed. */
export function warnOfUserCode(what: string, warn: Warn, error: unknown): void {
  warn(`${what} failed, which changes nothing for the library: ${describeError(error)}`);
}
