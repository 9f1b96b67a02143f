import { callUser, processWarning, type Warn } from '../system/warn.ts';

/**
 * Wraps a callback of the user so that whatever it does wrong, by throwing or by a promise that rejects, becomes a
 * warning of the process and disturbs nothing.
 */
export function harmless<Arguments extends readonly unknown[]>(
  name: string,
  callback: ((...args: Arguments) => unknown) | undefined,
  warn: Warn = processWarning,
): (...args: Arguments) => void {
  if (callback === undefined) return () => {};
  const own: Warn = (message) => warn(message);
  return (...args) => callUser(own, `the server's '${name}' callback`, () => callback(...args));
}
