import { CmdStreamError, type CmdStreamErrorCode } from '../errors/cmd-stream-error.ts';

/** What a client is told in place of what was thrown, where `exposeErrors` is false. */
const HIDDEN = 'the handler failed';

/** The codes of errors that say something about the Command. The others' messages may name hosts that clients need not know. */
const EXPOSED: ReadonlySet<CmdStreamErrorCode> = new Set([
  'command-failed',
  'command-invalid',
  'invalid-argument',
  'refused',
  'overloaded',
  'frame-too-large',
]);

/**
 * What a client is told of an error where `exposeErrors` is false: the message of a CmdStreamError that says something about
 * the Command, thrown on purpose. One that a send of the handler's own failed with (what was executed elsewhere,
 * a connection) is told as any other error.
 */
export function exposedMessage(error: unknown): string {
  if (!(error instanceof CmdStreamError)) return HIDDEN;
  return EXPOSED.has(error.code) && !error.mayHaveExecuted ? error.message : HIDDEN;
}

/** A longer message is cut: an error Result is always sent, however much waits. */
const MAX_MESSAGE_LENGTH = 1024;

/** A message as an error Result carries it. UTF-8 has no half surrogate pair: not the message's own, and not where it is cut. */
export function sendableMessage(message: string): string {
  return message.slice(0, MAX_MESSAGE_LENGTH).toWellFormed();
}
