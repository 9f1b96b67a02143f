import { types } from 'node:util';

/** Whether `value` is an error: of any realm, or something that has all that errors have (`DOMException`). */
export function isError(value: unknown): value is Error {
  if (typeof value !== 'object' || value === null) return false;
  if (types.isNativeError(value)) return true;
  try {
    const { name, message, stack } = value as Readonly<Partial<Record<'name' | 'message' | 'stack', unknown>>>;
    return typeof name === 'string' && typeof message === 'string' && typeof stack === 'string';
  } catch {
    return false;
  }
}

/** Whether `error` says that somebody's `AbortSignal` fired. */
export function isAbortError(error: unknown): boolean {
  try {
    return isError(error) && error.name === 'AbortError';
  } catch {
    return false;
  }
}

/**
 * The message of whatever was thrown, even where asking for it throws. System errors carry their code (`ECONNREFUSED`)
 * even when the message is empty.
 */
export function describeError(error: unknown): string {
  try {
    if (!isError(error)) return typeof error === 'object' && error !== null ? describeObject(error) : String(error);
    // OpenSSL ends its messages with a line break.
    const message = String(error.message).trimEnd();
    if (message !== '') return message;
    return 'code' in error && typeof error.code === 'string' ? error.code : String(error.name);
  } catch {
    return 'something was thrown that cannot be shown';
  }
}

/** What was thrown may be no error, and yet have a message. */
function describeObject(thrown: object): string {
  return 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : String(thrown);
}

/** The stack of whatever was thrown, even where asking for it throws. */
export function stackOf(error: unknown): string {
  try {
    return isError(error) && typeof error.stack === 'string' ? error.stack : describeError(error);
  } catch {
    return 'something was thrown that cannot be shown';
  }
}
