import { hasBrand, isInstance, markClass } from './brand.ts';
import { describeError, isError } from './describe-error.ts';

export { describeError } from './describe-error.ts';

/**
 * Every way in which the library can fail, as a closed set.
 *
 * | code | meaning |
 * |---|---|
 * | `invalid-argument` | an option, a Command or a payload handed to the library is not acceptable |
 * | `refused` | a `beforeSend` hook refused the Command |
 * | `circuit-open` | the circuit breaker does not allow the Command |
 * | `unavailable` | no client of the group is ready |
 * | `overloaded` | a bound (bytes waiting, requests pending or waiting) is reached, here or at the server |
 * | `encode-failed` | the Command or Result cannot be encoded |
 * | `timeout` | the deadline of the request passed |
 * | `cancelled` | the caller's `AbortSignal` fired, or the caller left the stream |
 * | `connect-failed` | a connection could not be opened |
 * | `handshake-timeout` | TLS and ServerInfo did not arrive in time |
 * | `server-info-mismatch` | the server introduced itself with another ServerInfo; it is looked at again with the longest backoff |
 * | `connection-lost` | the connection went while the request was under way |
 * | `protocol-error` | the peer sent bytes that are no valid frame |
 * | `frame-too-large` | the Command, or its Result (then `mayHaveExecuted` is true), is longer than this side's `maxFrameBytes` |
 * | `command-failed` | the handler of the Command threw |
 * | `command-invalid` | the server's validator, codec or limits refused the Command's payload, or it does not know the Command |
 * | `result-invalid` | the client's validator, or its codec, refused the Result's payload |
 * | `result-overflow` | Results arrived faster than the caller took them (option `whenSlow`) |
 * | `consumer-failed` | the caller's Result handler threw |
 * | `closed` | the sender, group, client or server is closed or closing |
 * | `listen-failed` | the server could not listen on its address |
 * | `internal` | a defect of the library: please report it |
 */
export type CmdStreamErrorCode =
  | 'invalid-argument'
  | 'refused'
  | 'circuit-open'
  | 'unavailable'
  | 'overloaded'
  | 'encode-failed'
  | 'timeout'
  | 'cancelled'
  | 'connect-failed'
  | 'handshake-timeout'
  | 'server-info-mismatch'
  | 'connection-lost'
  | 'protocol-error'
  | 'frame-too-large'
  | 'command-failed'
  | 'command-invalid'
  | 'result-invalid'
  | 'result-overflow'
  | 'consumer-failed'
  | 'closed'
  | 'listen-failed'
  | 'internal';

/** What a {@link CmdStreamError} may carry beside its code and message. */
export interface CmdStreamErrorDetails {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Whether the server may have executed the Command. Default `false`. */
  readonly mayHaveExecuted?: boolean | undefined;
}

/** Marks the errors of the library: the same in every copy of it that a process loads, and in every realm. */
const errorBrand = Symbol.for('cmd-stream.CmdStreamError');

/** How many causes, one within the other, {@link CmdStreamError.toJSON} tells. */
const MAX_CAUSES = 8;

/** What a {@link CmdStreamError} is as JSON. */
export interface CmdStreamErrorJson {
  readonly name: string;
  readonly code: CmdStreamErrorCode;
  readonly message: string;
  readonly mayHaveExecuted: boolean;
  /** What led to it; left out where nothing is known. */
  readonly cause?: CauseJson;
}

/** What the cause of an error is as JSON. */
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

  constructor(code: CmdStreamErrorCode, message: string, details: CmdStreamErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.mayHaveExecuted = details.mayHaveExecuted ?? false;
  }

  /** Whether `value` is an error of the library: of this copy of it or another, of this realm or another. */
  static is(value: unknown): value is CmdStreamError {
    return hasBrand(value, errorBrand);
  }

  /** Returns `error` itself when it is a CmdStreamError already, otherwise wraps it as `code` with `error` as cause. */
  static from(error: unknown, code: CmdStreamErrorCode = 'internal', context?: string): CmdStreamError {
    if (CmdStreamError.is(error)) return error;
    const reason = describeError(error);
    return new CmdStreamError(code, context === undefined ? reason : `${context}: ${reason}`, { cause: error });
  }

  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one is asked by the same method.
    return isInstance(this, CmdStreamError, errorBrand, value);
  }

  /** For loggers that write JSON: what it is and what led to it, causes of causes up to eight; never a stack. */
  toJSON(): CmdStreamErrorJson {
    const { name, code, message, mayHaveExecuted } = this;
    const cause = causeOf(this, MAX_CAUSES);
    return { name, code, message, mayHaveExecuted, ...(cause === undefined ? undefined : { cause }) };
  }
}

/** The cause of `error`, as data; with its own causes, `left` in all. */
function causeOf(error: object, left: number): CauseJson | undefined {
  const cause = read(error, 'cause');
  if (cause === undefined || left === 0) return undefined;
  const message = describeError(cause);
  if (typeof cause !== 'object' || cause === null) return { message };
  const [name, code, mayHaveExecuted] = [read(cause, 'name'), read(cause, 'code'), read(cause, 'mayHaveExecuted')];
  const deeper = causeOf(cause, left - 1);
  return {
    ...(typeof name === 'string' ? { name } : undefined),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : undefined),
    message,
    ...(typeof mayHaveExecuted === 'boolean' ? { mayHaveExecuted } : undefined),
    ...(deeper === undefined ? undefined : { cause: deeper }),
  };
}

/** A field of something that came from outside: `undefined` where it cannot be read. */
function read(from: object, name: string): unknown {
  try {
    return Reflect.get(from, name);
  } catch {
    return undefined;
  }
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
