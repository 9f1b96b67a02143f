import { describeError } from '../../base/errors/cmd-stream-error.ts';

/** Of so many clients it is said why they are not ready; they may be many, and usually all say the same. */
const MAX_TOLD = 3;

/** Why clients are not ready. */
export function describeErrors(errors: readonly (Error | undefined)[]): string {
  const told = new Set(errors.filter((error) => error !== undefined).map((error) => describeError(error)));
  if (told.size === 0) return 'still connecting';
  const others = told.size > MAX_TOLD ? `; and ${told.size - MAX_TOLD} more` : '';
  return `${[...told].slice(0, MAX_TOLD).join('; ')}${others}`;
}
