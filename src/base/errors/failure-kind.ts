/**
 * The kinds of failure that a handler may name by `CommandFailure`, for a Command that it could not execute as asked.
 *
 * | kind | meaning |
 * |---|---|
 * | `not-found` | what the Command is about does not exist |
 * | `permission-denied` | the caller may not do that |
 * | `unavailable` | something that the handler needs is not there just now |
 * | `conflict` | the state of things does not allow it |
 * | `rate-limited` | the caller asks too often; see `retryAfterMs` |
 * | `failed` | anything else |
 */
export type CommandFailureKind =
  | 'not-found'
  | 'permission-denied'
  | 'unavailable'
  | 'conflict'
  | 'rate-limited'
  | 'failed';

const isKind: Readonly<Record<CommandFailureKind, true>> = {
  'not-found': true,
  'permission-denied': true,
  unavailable: true,
  conflict: true,
  'rate-limited': true,
  failed: true,
};

/** The kinds, as a closed set. */
export const FAILURE_KINDS: readonly string[] = Object.keys(isKind);

/** Whether `value` is one of the kinds. */
export function isFailureKind(value: unknown): value is CommandFailureKind {
  return (FAILURE_KINDS as readonly unknown[]).includes(value);
}
