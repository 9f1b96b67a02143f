import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';

/** Nobody means a deadline that is so long past: it was a duration. */
const YEAR_MS = 365 * 86_400_000;

/** When a request was due, for the error of one that was not answered; after so long, or where negative, before it began. */
function describeWhenDue(dueInMs: number): string {
  const timeoutMs = Math.round(dueInMs);
  if (!Number.isFinite(timeoutMs) || timeoutMs === 0) return '';
  if (timeoutMs > 0) return ` (after ${timeoutMs} ms)`;
  const isMistaken = -timeoutMs > YEAR_MS;
  const mistaken = isMistaken ? ` (a deadline is a point in time; for a duration there is 'timeoutMs')` : '';
  return `, which had passed ${-timeoutMs} ms before${mistaken}`;
}

/** A request, as far as its errors tell of it. */
export interface FailedRequest {
  readonly name: string;
  /** Address of the server that it was sent to; undefined while it was not. */
  readonly address: string | undefined;
  readonly mayHaveExecuted: boolean;
}

/**
 * The error of a request whose deadline has passed.
 * @param cause - why it was still waiting, where it never left.
 */
export function notAnswered(
  request: FailedRequest,
  timeoutMs: number,
  cause: CmdStreamError | undefined,
): CmdStreamError {
  const because = cause === undefined ? '' : `: ${describeError(cause)}`;
  const what = `was not answered by its deadline${describeWhenDue(timeoutMs)}${unsent(request)}${because}`;
  return new CmdStreamError('timeout', `${where(request)} ${what}`, {
    cause,
    mayHaveExecuted: request.mayHaveExecuted,
  });
}

/** The error of a request that its caller has lost interest in. */
export function cancelledByCaller(request: FailedRequest, cause: unknown): CmdStreamError {
  const message = `${where(request)} was cancelled by its caller${unsent(request)}`;
  return new CmdStreamError('cancelled', message, { cause, mayHaveExecuted: request.mayHaveExecuted });
}

/**
 * The error of a stream whose caller is too slow.
 * @param why - why no more Results may be kept.
 */
export function overflow(request: FailedRequest, why: string): CmdStreamError {
  return new CmdStreamError('result-overflow', `${where(request)}: ${why}`, { mayHaveExecuted: true });
}

function where({ name, address }: FailedRequest): string {
  return address === undefined ? name : `${name} at ${address}`;
}

function unsent({ mayHaveExecuted }: FailedRequest): string {
  return mayHaveExecuted ? '' : '; it was not sent';
}
