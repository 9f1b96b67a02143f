import { hasBrand, isInstance, markClass } from '../base/errors/brand.ts';
import { type CommandFailureKind, FAILURE_KINDS, isFailureKind } from '../base/errors/failure-kind.ts';
import { durationMs, flag, invalidOption, optionNames } from '../base/options/check.ts';

/** The options of a {@link CommandFailure}, beside its kind and message. */
export interface CommandFailureOptions {
  /**
   * More about it, as plain data that JSON can carry, up to 8 KiB; the caller gets it as `error.details`. What is longer
   * (or above a quarter of the server's `maxFrameBytes`), or cannot be sent, is left out, with a warning of the process.
   */
  readonly details?: unknown;
  /** After how many milliseconds the caller may try again; the caller gets it as `error.retryAfterMs`. */
  readonly retryAfterMs?: number | undefined;
  /** Whether anything was done that would be done twice if the Command were sent again. Default `true`. */
  readonly mayHaveExecuted?: boolean | undefined;
  /** The error underneath; it stays at the server (`onCommandDone`). */
  readonly cause?: unknown;
}

/** Marks failures: the same in every copy of the library that a process loads, and in every realm. */
const failureBrand = Symbol.for('cmd-stream.CommandFailure');

const NAMES: readonly (keyof CommandFailureOptions)[] = ['details', 'retryAfterMs', 'mayHaveExecuted', 'cause'];

/**
 * Failure that a handler (or an invoker) throws to answer its Command, and that the caller is to know of: its send fails
 * with a `CmdStreamError` of the code `command-failed` that has the kind as `failure`, and the message. It is an answer, not
 * a fault of the server: `onHandlerError` is not told, `onCommandDone` is. Whatever else is thrown reaches the caller as 'the
 * handler failed' only.
 *
 * @example
 * ```ts
 * throw new CommandFailure('not-found', `there is no order ${id}`, { details: { id }, mayHaveExecuted: false });
 * ```
 * @throws CmdStreamError `invalid-argument` for a kind that does not exist, or an option that is not acceptable.
 */
export class CommandFailure extends Error {
  static {
    markClass(CommandFailure, failureBrand);
  }

  override readonly name = 'CommandFailure';
  /** The kind of failure. */
  readonly kind: CommandFailureKind;
  /** More about it. */
  readonly details: unknown;
  /** After how many milliseconds the caller may try again. */
  readonly retryAfterMs: number | undefined;
  /** Whether anything was done that would be done twice if the Command were sent again. */
  readonly mayHaveExecuted: boolean;

  constructor(kind: CommandFailureKind, message: string, options: CommandFailureOptions = {}) {
    if (!isFailureKind(kind)) throw invalidOption('kind', FAILURE_KINDS.map((name) => `'${name}'`).join(', '), kind);
    // An error in its place would be told to the caller, whatever it quotes.
    if (typeof message !== 'string') throw invalidOption('message', 'a text', message);
    optionNames('the options of CommandFailure', options, NAMES);
    const { details, retryAfterMs, mayHaveExecuted, cause } = options;
    super(message === '' ? kind : message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.details = details;
    this.retryAfterMs =
      retryAfterMs === undefined ? undefined : durationMs('retryAfterMs', retryAfterMs, 0, { minMs: 0 });
    this.mayHaveExecuted = flag('mayHaveExecuted', mayHaveExecuted, true);
  }

  /** Whether `value` is such a failure: of this copy of the library or another, of this realm or another. */
  static is(value: unknown): value is CommandFailure {
    return hasBrand(value, failureBrand);
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one is asked by the same method.
    return isInstance(this, CommandFailure, failureBrand, value);
  }
}
