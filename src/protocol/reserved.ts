import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { printable } from '../base/errors/printable.ts';
import { type FailureFields, readFailure } from './failure-text.ts';
import { readPushBack } from './push-back.ts';

/**
 * Additions of the library to the wire, beyond what a protocol declares. The Go protocol has none of them: the error Result is
 * sent by servers in place of closing the connection; everything else would be offered under a ServerInfo of its own.
 */

/** Codes of an error Result. */
export type ErrorResultCode = 'command-failed' | 'command-invalid' | 'overloaded' | 'timeout' | 'closed';

/**
 * Codes of an error Result, and whether the Command may have been executed then.
 *
 * | code | the server |
 * |---|---|
 * | `command-failed` | has executed the Command; its handler failed |
 * | `command-invalid` | did not execute it: it does not know it, cannot read it, or its validator refused it |
 * | `overloaded` | did not execute it: too many wait before it |
 * | `timeout` | did not execute it: its time was over (only to clients of the wire extension) |
 * | `closed` | did not execute it: it is closing |
 */
const EXECUTED: Readonly<Record<ErrorResultCode, boolean>> = {
  'command-failed': true,
  'command-invalid': false,
  overloaded: false,
  timeout: false,
  closed: false,
};

/** The payload of the error Result. */
export interface ErrorResult {
  /** Code of what went wrong, as the client shall report it. */
  readonly code: ErrorResultCode;
  /** The message of the error; never a stack. */
  readonly message: string;
  /**
   * Failure that the handler tells by a `CommandFailure`, as a JSON text: its `kind`, and `details`, `retryAfterMs` and
   * `mayHaveExecuted` where it has them. Of the codes `overloaded` and `closed` the wait that the server asks for, in the same
   * form: `{"retryAfterMs":250}`. Clients of before ignore it there. A codec that has no room for it may write it behind the code, after a space.
   */
  readonly failure?: string;
}

/** The payload of an error Result, as it has been read. */
export interface ReceivedError extends Omit<ErrorResult, 'failure'> {
  readonly failure: FailureFields | undefined;
  /** After how many milliseconds the server would like to be asked again: of `overloaded` and `closed`, where it says so. */
  readonly retryAfterMs: number | undefined;
}

/**
 * The type number of the error Result, whatever a protocol declares: the same for all its versions, so that a client of
 * another one takes no error for a Result. The largest that two bytes hold on the wire.
 */
export const ERROR_RESULT_TYPE = 16_383;

/**
 * Type numbers that the library keeps for itself: the largest that two bytes hold. All but the error Result are frames of the
 * wire extension, which is used only where both ends have said so; they have an encoding of their own, the same with every
 * codec.
 */
export const RESERVED_TYPES = Object.freeze({
  /** A Result, of any codec: the Command has failed, or was not executed. */
  errorResult: ERROR_RESULT_TYPE,
  /** A client introduces itself. */
  hello: 16_382,
  /** The server's answer to it. */
  welcome: 16_381,
  /** Before a Command: its deadline and metadata. */
  head: 16_380,
  /** Nobody waits for a Command any more. */
  cancel: 16_379,
  /** A Command that was cancelled, or whose time is over, has come to its end at the server. */
  ended: 16_378,
  /** The server takes no more Commands. */
  goodbye: 16_377,
  /** So many Results of a Command, and bytes of them, may come beside those that were granted before. */
  credit: 16_376,
});

/** The lowest of the {@link RESERVED_TYPES}: no protocol has types from here on. */
export const FIRST_RESERVED_TYPE = RESERVED_TYPES.credit;

/** Name of the error Result where Results have names. */
export const ERROR_RESULT_NAME = '(error)';

/** Fields that a peer may have put into an error Result. */
type ReceivedFields = Readonly<Partial<Record<keyof ErrorResult, unknown>>>;

/** Reads the payload of an error Result, whatever the peer put there; the message as it may be shown. */
export function readErrorResult(value: unknown): ReceivedError {
  const fields: ReceivedFields = typeof value === 'object' && value !== null ? (value as ReceivedFields) : {};
  const { code, rest } = splitCode(fields.code);
  const { message } = fields;
  const isKnown = code !== undefined && Object.hasOwn(EXECUTED, code);
  const told = rest ?? fields.failure;
  return {
    code: isKnown ? (code as ErrorResult['code']) : 'command-failed',
    message: typeof message === 'string' ? printable(message) : 'the server gave no reason',
    failure: code === 'command-failed' ? readFailure(told) : undefined,
    retryAfterMs: code === 'overloaded' || code === 'closed' ? readPushBack(told) : undefined,
  };
}

/** The code, and what stands behind it, if anything does. */
function splitCode(code: unknown): { code: string | undefined; rest: string | undefined } {
  if (typeof code !== 'string') return { code: undefined, rest: undefined };
  const end = code.indexOf(' ');
  return end < 0 ? { code, rest: undefined } : { code: code.slice(0, end), rest: code.slice(end + 1) };
}

/** Code as a codec writes it that knows a code and a message only. Clients of before take it for `command-failed`. */
export function codeAndFailure({ code, failure }: ErrorResult): string {
  return failure === undefined ? code : `${code} ${failure}`;
}

/** Whether an error Result says that its server is shutting down. */
export function isGoodbye(value: unknown): boolean {
  return readErrorResult(value).code === 'closed';
}

/** Whether a server that says so may have executed the Command. */
export function mayHaveExecuted({ code, failure }: Pick<ReceivedError, 'code'> & Partial<ReceivedError>): boolean {
  return failure?.mayHaveExecuted ?? EXECUTED[code];
}

/** The error for a payload that has come and is over the limit of the side that reads it: Commands are read by servers. */
export function payloadTooLarge(kind: 'command' | 'result', length: number, maxFrameBytes: number): CmdStreamError {
  const [what, side, owner] = kind === 'command' ? ['Command', 'server', 'server'] : ['Result', 'client', 'sender'];
  const message = `a ${what} payload of ${length} bytes is over the ${side}'s limit of ${maxFrameBytes} bytes (option 'maxFrameBytes' of the ${owner})`;
  return new CmdStreamError('frame-too-large', message);
}

const TOO_LARGE = /over the server's limit of \d+ bytes \(option 'maxFrameBytes' of the server\)/;

/** The error within a server's refusal, where that can be told: the Command was over its limit. */
export function causeOf({ code, message }: Pick<ErrorResult, 'code' | 'message'>): CmdStreamError | undefined {
  if (code !== 'command-invalid' || !TOO_LARGE.test(message)) return undefined;
  return new CmdStreamError('frame-too-large', message);
}
