import { isThenable } from './warn.ts';

/**
 * Whether a function of the user's that must answer at once has returned a promise. What that rejects with is taken, and
 * says nothing more: whoever called is told of the mistake, and an unhandled rejection would end the process.
 */
export function tookPromise(returned: unknown): boolean {
  try {
    if (!isThenable(returned)) return false;
    Promise.resolve(returned).then(undefined, () => {});
  } catch {
    // It has a `then` that cannot be looked at: no plain value.
  }
  return true;
}
