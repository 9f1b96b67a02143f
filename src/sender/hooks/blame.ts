import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { traitsOf } from '../../base/errors/codes.ts';
import type { CommandFailureKind } from '../../base/errors/failure-kind.ts';
import type { SentCommand } from './hooks.ts';

/** Failures of the caller's making: the service is well, and says so. */
const OF_THE_CALLER: ReadonlySet<CommandFailureKind> = new Set(['not-found', 'permission-denied', 'conflict']);

/**
 * Whether the error that ended a send tells against the service, for circuit breakers: by its code (see `CodeTraits`). A
 * `command-failed` does not where it is a `CommandFailure` of the caller's making, and a `frame-too-large` only where the
 * Command was sent: the Result was too large then, not the Command.
 */
export function blamesService(error: CmdStreamError, sent: SentCommand): boolean {
  if (error.failure !== undefined && OF_THE_CALLER.has(error.failure)) return false;
  const { blames } = traitsOf(error.code);
  return blames === 'service' || (blames === 'service once sent' && sent.seq > 0);
}
