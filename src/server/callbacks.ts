import { systemClock } from '../base/clock.ts';
import { Warnings } from '../base/warnings.ts';

/**
 * Wraps a callback of the user so that whatever it does wrong, by throwing or by a promise that rejects, becomes a
 * warning of the process and disturbs nothing.
 */
export function harmless<Arguments extends readonly unknown[]>(
  name: string,
  callback: ((...args: Arguments) => unknown) | undefined,
  warnings = new Warnings(systemClock),
): (...args: Arguments) => void {
  if (callback === undefined) return () => {};
  return (...args) => warnings.callUser(`the server's '${name}' callback`, () => callback(...args));
}

/** The same for a callback that costs nothing where it is not given. */
export function harmlessIfGiven<Arguments extends readonly unknown[]>(
  name: string,
  callback: ((...args: Arguments) => unknown) | undefined,
): ((...args: Arguments) => void) | undefined {
  return callback === undefined ? undefined : harmless(name, callback);
}

/** Default of `onHandlerError`: warns, of each Command once a second at most. */
export function warnOfHandler(
  warnings = new Warnings(systemClock),
): (error: unknown, info: { command: string; errorId?: string | undefined }) => void {
  return (error, { command, errorId }) => {
    const note = errorId === undefined ? '' : ` (error id ${errorId})`;
    warnings.userCodeFailed(`the handler of the Command '${command}'`, error, note);
  };
}
