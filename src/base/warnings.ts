import { type Clock, systemClock } from './clock.ts';
import { stackOf } from './errors/describe-error.ts';
import { isThenable } from './thenable.ts';

/** For so long after a warning of a function's failure further ones are only counted. */
const PAUSE_MS = 1_000;

/** The last warning of a function, and how often it has failed since. */
interface Told {
  readonly atMs: number;
  leftOut: number;
}

/** Prints a process warning, which monitoring can listen to as well. */
function emitWarning(message: string): void {
  process.emitWarning(message, 'CmdStreamWarning');
}

/**
 * Warnings of one owner (a sender, a callback of a server): they tell the operator of the process of defects in user code that
 * have no caller to tell. Of a function that fails again and again one a second, with how many were left out: it would bury
 * everything else that the process says.
 */
export class Warnings {
  readonly #clock: Clock;
  readonly #emit: (message: string) => void;
  /** By the name of the function. */
  readonly #told = new Map<string, Told>();

  /** @param emit - where they go. Default: process warnings. */
  constructor(clock: Clock, emit = emitWarning) {
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Warns of what happens so seldom that it is never left out. */
  warn(message: string): void {
    this.#emit(message);
  }

  /**
   * Calls a function of the user's where its failure has no caller to tell: what it throws, or what a promise that it
   * returns rejects with, disturbs nothing and becomes a warning.
   *
   * @param what - the function's name in the warning.
   */
  callUser(what: string, call: () => unknown): void {
    try {
      this.watchPromise(what, call());
    } catch (error) {
      this.userCodeFailed(what, error);
    }
  }

  /** Warns when `returned` is a promise that rejects: an async function passes where one that returns nothing is asked. */
  watchPromise(what: string, returned: unknown): void {
    if (isThenable(returned)) returned.then(undefined, (error: unknown) => this.userCodeFailed(what, error));
  }

  /**
   * Warns that a function of the user's failed.
   *
   * @param note - what is said of this failure beside the stack.
   */
  userCodeFailed(what: string, error: unknown, note = ''): void {
    this.failed(what, () => `${note}, which changes nothing for the library: ${stackOf(error)}`);
  }

  /** Warns that `what` failed, with what `rest` says of the failure behind that. */
  failed(what: string, rest: () => string): void {
    const atMs = this.#clock.monotonicMs();
    const last = this.#told.get(what);
    if (last !== undefined && atMs - last.atMs < PAUSE_MS) {
      last.leftOut++;
      return;
    }
    this.#told.set(what, { atMs, leftOut: 0 });
    const leftOut =
      last === undefined || last.leftOut === 0 ? '' : ` (and ${last.leftOut} times more since the last warning)`;
    this.#emit(`cmd-stream: ${what} failed${leftOut}${rest()}`);
  }
}

/** The warnings of all that has no owner of its own. */
export const processWarnings = new Warnings(systemClock);
