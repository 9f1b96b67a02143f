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
 * | `server-info-mismatch` | the server introduced itself with another ServerInfo; final, never retried |
 * | `connection-lost` | the connection went while the request was under way |
 * | `protocol-error` | the peer sent bytes that are no valid frame |
 * | `frame-too-large` | a frame is longer than `maxFrameBytes` |
 * | `command-failed` | the handler of the Command threw |
 * | `command-invalid` | the server's validator refused the Command's payload, or the server does not know the Command |
 * | `result-invalid` | the client's validator, or its codec, refused the Result's payload |
 * | `result-overflow` | Results arrived faster than the caller took them |
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

/**
 * The one error class of the library. `code` tells the kind, `mayHaveExecuted` tells whether a Command is safe to
 * send again (`false`: the server has certainly not executed it), `cause` is the error underneath.
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

  /** Returns `error` itself when it is a CmdStreamError already, otherwise wraps it as `code` with `error` as cause. */
  static from(error: unknown, code: CmdStreamErrorCode = 'internal', context?: string): CmdStreamError {
    if (error instanceof CmdStreamError) return error;
    const reason = describeError(error);
    return new CmdStreamError(code, context === undefined ? reason : `${context}: ${reason}`, { cause: error });
  }
}

/**
 * The message of whatever was thrown, even where asking for it throws. System errors carry their code (`ECONNREFUSED`)
 * even when the message is empty.
 */
export function describeError(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    // OpenSSL ends its messages with a line break.
    const message = String(error.message).trimEnd();
    if (message !== '') return message;
    return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  } catch {
    return 'something was thrown that cannot be shown';
  }
}
