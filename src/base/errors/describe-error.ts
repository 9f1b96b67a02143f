import { types } from 'node:util';
import { escapeUnprintable, printable } from './printable.ts';

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
 * Message of an error, from {@link messageOf}, as it may stand in another message: on one line, cut, with control characters
 * escaped. It may quote a peer.
 */
export function describeError(error: unknown): string {
  return printable(messageOf(error));
}

/**
 * The message of whatever was thrown, as it is, even where asking for it throws. System errors carry their code
 * (`ECONNREFUSED`) even when the message is empty.
 */
export function messageOf(error: unknown): string {
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

/** Message of a thrown object, which may be no error and yet have one. */
function describeObject(thrown: object): string {
  return 'message' in thrown && typeof thrown.message === 'string' ? thrown.message : String(thrown);
}

/** The stack of whatever was thrown, even where asking for it throws; its message, which may quote a peer, on one line. */
export function stackOf(error: unknown): string {
  const message = messageOf(error);
  const shown = printable(message);
  try {
    const stack = isError(error) ? String(error.stack ?? '') : '';
    const [head = '', rest] = splitAt(stack, message);
    return rest === undefined ? shown : `${printable(head)}${shown}${escapeLines(rest)}`;
  } catch {
    return shown;
  }
}

/** The text before and behind `part`; nothing behind where it is not there. */
function splitAt(text: string, part: string): [string, string?] {
  const at = text.indexOf(part);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + part.length)];
}

function escapeLines(text: string): string {
  return text.split('\n').map(escapeUnprintable).join('\n');
}
