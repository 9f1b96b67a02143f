import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError, type CmdStreamErrorDetails } from '../base/errors/cmd-stream-error.ts';
import { traitsOf } from '../base/errors/codes.ts';
import { describeError, isAbortError, messageOf } from '../base/errors/describe-error.ts';
import { isFailureKind } from '../base/errors/failure-kind.ts';
import { MAX_TEXT_LENGTH } from '../base/errors/printable.ts';
import type { Random } from '../base/random.ts';
import { processWarnings } from '../base/warnings.ts';
import { JsonWriter } from '../protocol/codec/json/json-writer.ts';
import { CommandFailure } from '../protocol/command-failure.ts';
import { MAX_DETAILS_BYTES, writeFailure } from '../protocol/failure-text.ts';
import { retryAfterOf, writePushBack } from '../protocol/push-back.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import type { ResolvedServerOptions } from './options.ts';

/** Message for a client in place of what was thrown, where that is kept from it. */
const HIDDEN = 'the handler failed';

/** Details may take so much of the longest frame: text within text is longer. */
const SHARE_OF_FRAME = 4;

/** Answer to a Command whose handler threw. */
export interface HandlerAnswer {
  /** Code of the error Result: that of a failed handler, unless it says that it has not begun. */
  readonly code: 'command-failed' | 'overloaded';
  /** Message for the client. */
  readonly message: string;
  /** A `CommandFailure`, or the wait that it asks for, as a text for it; of nothing else. */
  readonly failure: string | undefined;
  /** The same for the server's own side. */
  readonly outcome: CmdStreamErrorDetails;
  /** Names the error at both ends, where the client is not told the message. */
  readonly errorId: string | undefined;
}

/** How a Command is answered whose handler threw `error`. Asking what was thrown may call code of the user's. */
export function answerOf(error: unknown, command: string, options: ResolvedServerOptions): HandlerAnswer {
  if (CommandFailure.is(error)) return failureAnswer(error, command, options.maxFrameBytes);
  const pushBack = pushBackAnswer(error);
  if (pushBack !== undefined) return pushBack;
  const code = 'command-failed';
  const outcome = { mayHaveExecuted: true };
  // Without error Results nothing reaches the client: why the connection ends is told on this side alone.
  const told = options.exposeErrors || !options.errorResults ? messageOf(error) : exposedMessage(error);
  if (told !== undefined) return { code, message: told, failure: undefined, outcome, errorId: undefined };
  const errorId = makeId(options.random);
  return { code, message: `${HIDDEN} (error id ${errorId})`, failure: undefined, outcome, errorId };
}

/** So far the causes of an error are looked at. */
const MAX_CAUSES = 4;

/**
 * Whether a handler threw it since its signal fired, for `reason`: that, what an aborted wait throws, or the failure of a send
 * within its Command, which was cancelled by it or whose time was over as well.
 */
export function isOfAbort(error: unknown, reason: unknown): boolean {
  if (isAbortError(error)) return true;
  if (CmdStreamError.is(error) && error.code === 'timeout' && fieldOf(reason, 'code') === 'timeout') return true;
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined; depth++) {
    if (cause === reason) return true;
    cause = fieldOf(cause, 'cause');
  }
  return false;
}

/** Whether it is a failure that its handler meant: an answer, of which nobody need be told as an error. */
export function isMeant({ failure }: HandlerAnswer): boolean {
  return failure !== undefined;
}

/**
 * Message to a client about an error where `exposeErrors` is false: that of a CmdStreamError that says something about
 * the Command, thrown on purpose. One that a send of the handler's own failed with is told as any other error: it is about
 * another Command, and names its server.
 */
function exposedMessage(error: unknown): string | undefined {
  return isOnPurpose(error) && traitsOf(error.code).fromHandler ? error.message : undefined;
}

function isOnPurpose(error: unknown): error is CmdStreamError {
  if (!CmdStreamError.is(error) || error.failure !== undefined || error.mayHaveExecuted) return false;
  return error.command === undefined && error.address === undefined;
}

/** An `overloaded` that says when to try again, thrown on purpose by a handler or invoker: it has done nothing, as a full server. */
function pushBackAnswer(error: unknown): HandlerAnswer | undefined {
  if (!isOnPurpose(error) || error.code !== 'overloaded') return undefined;
  const retryAfterMs = retryAfterOf(error.retryAfterMs);
  if (retryAfterMs === undefined) return undefined;
  const outcome = { mayHaveExecuted: false, retryAfterMs };
  const failure = writePushBack(retryAfterMs);
  return { code: 'overloaded', message: error.message, failure, outcome, errorId: undefined };
}

/** It may come from another copy of the library, of another version, or pretend to. */
function failureAnswer(failure: CommandFailure, command: string, maxFrameBytes: number): HandlerAnswer {
  const given = read(failure, 'kind');
  const kind = isFailureKind(given) ? given : 'failed';
  const wait = read(failure, 'retryAfterMs');
  const retryAfterMs = typeof wait === 'number' && Number.isFinite(wait) && wait >= 0 ? wait : undefined;
  const mayHaveExecuted = read(failure, 'mayHaveExecuted') !== false;
  const details = read(failure, 'details');
  const maxBytes = Math.min(MAX_DETAILS_BYTES, Math.floor(maxFrameBytes / SHARE_OF_FRAME));
  return {
    code: 'command-failed',
    message: messageOf(failure),
    failure: writeFailure({ kind, retryAfterMs, mayHaveExecuted }, writeDetails(details, command, maxBytes)),
    outcome: { mayHaveExecuted, failure: kind, details, retryAfterMs },
    errorId: undefined,
  };
}

function read(failure: CommandFailure, name: 'kind' | 'details' | 'retryAfterMs' | 'mayHaveExecuted'): unknown {
  try {
    return failure[name];
  } catch {
    return undefined;
  }
}

/** Details as JSON; `undefined` where there are none, or they cannot be sent. */
function writeDetails(details: unknown, command: string, maxBytes: number): string | undefined {
  if (details === undefined) return undefined;
  try {
    const text = new JsonWriter(maxBytes, false).write(details);
    const bytes = Buffer.byteLength(text);
    if (bytes <= maxBytes) return text.toWellFormed();
    throw new CmdStreamError('encode-failed', `they take ${bytes} bytes, over the limit of ${maxBytes}`);
  } catch (error) {
    const what = `encoding the details of a CommandFailure of the Command '${command}'`;
    const reason = () => `, so that they were left out: ${describeError(error)}`;
    processWarnings.failed(what, reason);
    return undefined;
  }
}

/** Short enough to be read out, and no other's in a log. */
export function makeId(random: Random): string {
  return Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
}

/** A message as an error Result carries it: cut, since one is always sent, however much waits. UTF-8 has no half surrogate pair: not the message's own, and not where it is cut. */
function sendableMessage(message: string): string {
  return message.slice(0, MAX_TEXT_LENGTH).toWellFormed();
}

/** The error Result that says so. */
export function errorResult(code: ErrorResult['code'], message: string, failure: string | undefined): ErrorResult {
  const told = { code, message: sendableMessage(message) };
  return failure === undefined ? told : { ...told, failure };
}
