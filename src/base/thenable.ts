/** Whether `value` is a promise: of any library, realm or copy of `Promise`, and also one that can be called. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' && typeof value !== 'function') return false;
  return value !== null && typeof (value as { then?: unknown }).then === 'function';
}

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
