import { CmdStreamError, describeError, type ErrorSubject } from '../../base/errors/cmd-stream-error.ts';
import type { Command } from '../../protocol/command.ts';

/** A send, as the errors tell of it that its own end makes. */
export interface EndedSend {
  readonly command: Command;
  /** 0 where it was not sent. */
  readonly seq: number;
  /** The address that it was sent to, if any. */
  readonly address: string | undefined;
  /** The client that it was given to, if any. */
  readonly clientId: number | undefined;
}

/** Fields of an error that say what it is about. */
export function subjectOf({ command, seq, address, clientId }: EndedSend): ErrorSubject {
  return { command: command.name, address, clientId, seq: seq > 0 ? seq : undefined };
}

/**
 * The error of a send whose deadline came.
 *
 * @param timeoutMs - how long it had; negative where the deadline had passed before it began.
 * @param cause - why it was still waiting to be sent, where it was.
 */
export function timeoutError(send: EndedSend, timeoutMs: number, cause: CmdStreamError | undefined): CmdStreamError {
  const because = cause === undefined ? '' : `: ${describeError(cause)}`;
  const what = `was not answered by its deadline${describeWhenDue(timeoutMs)}${describeUnsent(send)}${because}`;
  return new CmdStreamError('timeout', `${describe(send)} ${what}`, { cause, mayHaveExecuted: mayHaveExecuted(send) });
}

/** The error of a send whose caller lost interest, for `reason`. */
export function cancelledError(send: EndedSend, reason: unknown): CmdStreamError {
  const what = `${describe(send)} was cancelled by its caller${describeUnsent(send)}`;
  return new CmdStreamError('cancelled', what, { cause: reason, mayHaveExecuted: mayHaveExecuted(send) });
}

/** The error of a send of which no more Results could be kept, as `why` says. */
export function overflowError(send: EndedSend, why: string): CmdStreamError {
  return new CmdStreamError('result-overflow', `${describe(send)}: ${why}`, { mayHaveExecuted: true });
}

/** The error of a Command that could not be put on the wire. */
export function notSentError(name: string, error: unknown): CmdStreamError {
  const reason = CmdStreamError.from(error);
  return new CmdStreamError(reason.code, `${name} was not sent: ${reason.message}`, { cause: error });
}

/** A Command that has a sequence number leaves, if it has not left yet, whatever becomes of its request. */
function mayHaveExecuted({ seq }: EndedSend): boolean {
  return seq > 0;
}

function describe({ command: { name }, address }: EndedSend): string {
  return address === undefined ? name : `${name} at ${address}`;
}

function describeUnsent({ seq }: EndedSend): string {
  return seq > 0 ? '' : '; it was not sent';
}

/** Nobody means a deadline that is so long past: it was a duration. */
const YEAR_MS = 365 * 86_400_000;

/** When a send was due; nothing where it had no deadline, or one of this very moment. */
function describeWhenDue(dueInMs: number): string {
  const timeoutMs = Math.round(dueInMs);
  if (!Number.isFinite(timeoutMs) || timeoutMs === 0) return '';
  if (timeoutMs > 0) return ` (after ${timeoutMs} ms)`;
  const isMistaken = -timeoutMs > YEAR_MS;
  const mistaken = isMistaken ? ` (a deadline is a point in time; for a duration there is 'timeoutMs')` : '';
  return `, which had passed ${-timeoutMs} ms before${mistaken}`;
}
