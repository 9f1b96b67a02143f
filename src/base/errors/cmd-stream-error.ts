import { type InspectOptions, inspect } from 'node:util';
import { fieldOf } from './ask.ts';
import { hasBrand, isInstance, markClass } from './brand.ts';
import { type CmdStreamErrorCode, traitsOf } from './codes.ts';
import { describeError, isError } from './describe-error.ts';
import { type PathStep, pathLines, pathOf } from './error-path.ts';
import type { CommandFailureKind } from './failure-kind.ts';

export type { CmdStreamErrorCode } from './codes.ts';
export { describeError } from './describe-error.ts';

/** The fields that a {@link CmdStreamError} may carry beside its code and message. */
export interface CmdStreamErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Whether the server may have executed the Command. Default `false`. */
  readonly mayHaveExecuted?: boolean | undefined;
  /** The kind that the handler named by a `CommandFailure`; see {@link CmdStreamError.failure}. */
  readonly failure?: CommandFailureKind | undefined;
  readonly details?: unknown;
  readonly retryAfterMs?: number | undefined;
}

/** Which Command and which connection an error is about. */
export interface ErrorSubject {
  readonly command?: string | undefined;
  readonly address?: string | undefined;
  readonly clientId?: number | undefined;
  readonly seq?: number | undefined;
}

const SUBJECT: readonly (keyof ErrorSubject)[] = ['command', 'address', 'clientId', 'seq'];

/** Marks the errors of the library: the same in every copy of it that a process loads, and in every realm. */
const errorBrand = Symbol.for('cmd-stream.CmdStreamError');

/** Those of the code `closed` by which a server has turned a Command away: all others are of this side, for good. */
const ofServers = new WeakSet<CmdStreamError>();

/** Notes on an error that it is what a server has answered. */
export function saidByServer(error: CmdStreamError): CmdStreamError {
  ofServers.add(error);
  return error;
}

/** How many causes, one within the other, {@link CmdStreamError.toJSON} tells. */
const MAX_CAUSES = 8;

/** A {@link CmdStreamError} as JSON. */
export interface CmdStreamErrorJson {
  readonly name: string;
  readonly code: CmdStreamErrorCode;
  readonly message: string;
  readonly mayHaveExecuted: boolean;
  readonly retryable: boolean;
  readonly command?: string;
  readonly address?: string;
  readonly clientId?: number;
  readonly seq?: number;
  readonly failure?: CommandFailureKind;
  readonly details?: unknown;
  readonly retryAfterMs?: number;
  /** The error that led to it; left out where nothing is known, as all that is optional. */
  readonly cause?: CauseJson;
}

/** The cause of an error as JSON. */
export interface CauseJson {
  readonly name?: string;
  readonly code?: string | number;
  readonly message: string;
  readonly mayHaveExecuted?: boolean;
  readonly cause?: CauseJson;
}

/**
 * The one error class of the library. `code` tells the kind, `mayHaveExecuted` tells whether a Command is safe to
 * send again (`false`: the server has certainly not executed it), `cause` is the error underneath.
 *
 * `instanceof` is true for the errors of every copy of the library that a process has loaded, and of every realm.
 *
 * @example
 * ```ts
 * try {
 *   await sender.send(calc.Add({ a: 2, b: 3 }));
 * } catch (error) {
 *   if (error instanceof CmdStreamError && !error.mayHaveExecuted) retry();
 * }
 * ```
 */
export class CmdStreamError extends Error {
  static {
    markClass(CmdStreamError, errorBrand);
  }

  override readonly name = 'CmdStreamError';
  /** The kind of failure. */
  readonly code: CmdStreamErrorCode;
  /** `false` only when the server has certainly not executed the Command. */
  readonly mayHaveExecuted: boolean;
  /** The kind of a `CommandFailure` that the handler threw; `undefined` for every other failure. The code is `command-failed`. */
  declare readonly failure: CommandFailureKind | undefined;
  /** Details of that failure beside its message: of the server's making, so look before use. `undefined` where it said nothing. */
  declare readonly details: unknown;
  /** After how many milliseconds the server would like to be asked again; 0 or more. `undefined` where it did not say. */
  declare readonly retryAfterMs: number | undefined;
  /** The name of the Command whose send failed; `undefined` where there is none. */
  declare readonly command: string | undefined;
  /** The address of the server that it was sent to, or that could not be reached; `undefined` where there is none. */
  declare readonly address: string | undefined;
  /** The client of the group that it was sent through; `undefined` while it was not sent. */
  declare readonly clientId: number | undefined;
  /** Its sequence number at that client; `undefined` while it was not sent. */
  declare readonly seq: number | undefined;

  constructor(code: CmdStreamErrorCode, message: string, details: CmdStreamErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.mayHaveExecuted = details.mayHaveExecuted ?? false;
    if (details.failure !== undefined) this.failure = details.failure;
    if (details.details !== undefined) this.details = details.details;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }

  /**
   * Whether it is safe, and may help, to send the Command again: the server has certainly not executed it, and what was wrong
   * may pass (`unavailable`, `overloaded`, `circuit-open`, `timeout`, `connect-failed`, `handshake-timeout`, `connection-lost`;
   * `closed`, where the server was closing; a `CommandFailure` that is `unavailable` or `rate-limited`).
   */
  get retryable(): boolean {
    if (this.mayHaveExecuted) return false;
    if (this.code === 'closed') return ofServers.has(this);
    return traitsOf(this.code).retryable === true || this.failure === 'unavailable' || this.failure === 'rate-limited';
  }

  /**
   * The way that the send went to this error, and what its client went through meanwhile, with times: printed by `util.inspect`
   * below the rest, and nowhere else. `undefined` for an error of no send.
   */
  get path(): readonly PathStep[] | undefined {
    return pathOf(this);
  }

  /** @internal */
  [inspect.custom](depth: number, options: InspectOptions, show: typeof inspect): string {
    const shown = show(this, { ...options, depth, customInspect: false });
    const { path } = this;
    return path === undefined ? shown : `${shown}\n${pathLines(path).join('\n')}`;
  }

  /**
   * Whether `value` is an error of the library: of this copy of it or another, of this realm or another. One that does not
   * say what such an error says, or throws where it is asked (a class of your own that extends it), is none.
   */
  static is(value: unknown): value is CmdStreamError {
    return hasBrand(value, errorBrand) && saysWhatItShould(value);
  }

  /** Returns `error` itself when it is a CmdStreamError already, otherwise wraps it as `code` with `error` as cause. */
  static from(error: unknown, code: CmdStreamErrorCode = 'internal', context?: string): CmdStreamError {
    if (CmdStreamError.is(error)) return error;
    const reason = describeError(error);
    return new CmdStreamError(code, context === undefined ? reason : `${context}: ${reason}`, { cause: error });
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one is asked by the same method.
    return isInstance(this, CmdStreamError, errorBrand, value) && saysWhatItShould(value);
  }

  /** For loggers that write JSON: what it is and what led to it, causes of causes up to eight; never a stack. */
  toJSON(): CmdStreamErrorJson {
    const { name, code, message, mayHaveExecuted, retryable, failure, details, retryAfterMs } = this;
    const cause = causeOf(this, MAX_CAUSES);
    return {
      name,
      code,
      message,
      mayHaveExecuted,
      retryable,
      ...known({ ...pick(this, SUBJECT), failure, details: plainCopy(details), retryAfterMs }),
      ...(cause === undefined ? undefined : { cause }),
    };
  }
}

/** The mark alone says nothing: what bears it is asked again and again, where what it throws would reach nobody. */
function saysWhatItShould(value: unknown): boolean {
  try {
    const { code, message, mayHaveExecuted, failure } = value as Readonly<Partial<Record<string, unknown>>>;
    return (
      typeof code === 'string' &&
      typeof message === 'string' &&
      typeof mayHaveExecuted === 'boolean' &&
      (failure === undefined || typeof failure === 'string')
    );
  } catch {
    return false;
  }
}

/** Notes on an error what it is about; one that is thrown again and again is about the last of them. */
export function tellSubject<E extends CmdStreamError>(error: E, subject: ErrorSubject): E {
  try {
    for (const name of SUBJECT) {
      // Most are about nothing yet: what is not known must not stand there.
      if (subject[name] !== error[name]) Object.assign(error, { [name]: subject[name] });
    }
  } catch {
    // An error of the user's own that is frozen.
  }
  return error;
}

function pick(error: CmdStreamError, names: readonly (keyof ErrorSubject)[]): ErrorSubject {
  return Object.fromEntries(names.map((name) => [name, error[name]]));
}

/** The fields that have a value. */
function known<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: NonNullable<Fields[Name]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

/** A value as JSON has it; nothing where JSON cannot: no logger shall fail by it. */
function plainCopy(value: unknown): unknown {
  try {
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}

/** The cause of `error`, as data; with its own causes, `left` in all. */
function causeOf(error: object, left: number): CauseJson | undefined {
  const cause = fieldOf(error, 'cause');
  if (cause === undefined || left === 0) return undefined;
  const message = describeError(cause);
  if (typeof cause !== 'object' || cause === null) return { message };
  const [name, code, mayHaveExecuted] = [
    fieldOf(cause, 'name'),
    fieldOf(cause, 'code'),
    fieldOf(cause, 'mayHaveExecuted'),
  ];
  const deeper = causeOf(cause, left - 1);
  return {
    ...(typeof name === 'string' ? { name } : undefined),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : undefined),
    message,
    ...(typeof mayHaveExecuted === 'boolean' ? { mayHaveExecuted } : undefined),
    ...(deeper === undefined ? undefined : { cause: deeper }),
  };
}

/**
 * An error that may quote a peer, as a cause: printed with its stack it would do as the peer likes. It stays itself where
 * its message is printable.
 */
export function printableError(error: unknown): unknown {
  const shown = describeError(error);
  if (CmdStreamError.is(error) && error.message !== shown) {
    return new CmdStreamError(error.code, shown, { mayHaveExecuted: error.mayHaveExecuted });
  }
  const raw = isError(error) ? error.message : error;
  return typeof raw !== 'string' || raw === shown ? error : new Error(shown);
}
