import { systemClock } from './clock.ts';
import { stackOf } from './errors/describe-error.ts';

/** Tells the operator of the process about a defect in user code that has no caller to tell. */
export type Warn = (message: string) => void;

/** A process warning, which Node prints once per occurrence and monitoring can listen to. */
export const processWarning: Warn = (message) => process.emitWarning(message, 'CmdStreamWarning');

/**
 * Calls a function of the user's where its failure has no caller to tell: what it throws, or what a promise that it
 * returns rejects with, disturbs nothing and becomes a warning.
 *
 * @param what - the function's name in the warning.
 */
export function callUser(warn: Warn, what: string, call: () => unknown): void {
  try {
    watchUserPromise(warn, what, call());
  } catch (error) {
    warnOfUserCode(warn, what, error);
  }
}

/**
 * Warns when `returned` is a promise that rejects: an async function passes where one that returns nothing is asked. What is
 * no promise of the platform's may call both functions, or need both, and is asked by one that knows.
 */
export function watchUserPromise(warn: Warn, what: string, returned: unknown): void {
  if (!isThenable(returned)) return;
  Promise.resolve(returned).then(undefined, (error: unknown) => warnOfUserCode(warn, what, error));
}

/** Whether `value` is a promise: of any library, realm or copy of `Promise`, and also one that can be called. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== 'object' && typeof value !== 'function') return false;
  return value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** For so long after a warning of a function's failure further ones are only counted. */
const PAUSE_MS = 1_000;

/** What was last warned of a function, and how often it has failed since. */
interface Told {
  readonly atMs: number;
  leftOut: number;
}

/** By whom the warning goes through (each sender has a `Warn` of its own), and by the name of the function. */
const told = new WeakMap<Warn, Map<string, Told>>();

/**
 * Warns that a function of the user's failed: of its first failure at once, then at most once a second, with how many
 * were left out. One that fails at every call would bury everything else that the process says.
 *
 * @param note - what is said of this failure beside the stack.
 */
export function warnOfUserCode(warn: Warn, what: string, error: unknown, note = ''): void {
  warnOfFailure(
    warn,
    what,
    systemClock.monotonicMs(),
    () => `${note}, which changes nothing for the library: ${stackOf(error)}`,
  );
}

/** The same at a time by a clock of the caller's, with what `rest` says of the failure after "failed". */
export function warnOfFailure(warn: Warn, what: string, atMs: number, rest: () => string): void {
  const byName = told.get(warn) ?? new Map<string, Told>();
  told.set(warn, byName);
  const last = byName.get(what);
  if (last !== undefined && atMs - last.atMs < PAUSE_MS) {
    last.leftOut++;
    return;
  }
  byName.set(what, { atMs, leftOut: 0 });
  const leftOut =
    last === undefined || last.leftOut === 0 ? '' : ` (and ${last.leftOut} times more since the last warning)`;
  warn(`cmd-stream: ${what} failed${leftOut}${rest()}`);
}
