import type { CmdStreamError, CmdStreamErrorCode } from '../../base/errors/cmd-stream-error.ts';
import type { CommandFailureKind } from '../../base/errors/failure-kind.ts';
import type { SentCommand } from './hooks.ts';

type Blame = 'service' | 'service once sent' | 'nobody';

/** Whether a send that failed tells against the service: one decision for each code. */
const BLAME: Readonly<Record<CmdStreamErrorCode, Blame>> = {
  // The service does not answer, cannot be reached, or does not hold to the protocol.
  timeout: 'service',
  unavailable: 'service',
  'connect-failed': 'service',
  'handshake-timeout': 'service',
  'server-info-mismatch': 'service',
  'connection-lost': 'service',
  'protocol-error': 'service',
  'command-failed': 'service',
  // Either the Command was too large and never left, or a Result was.
  'frame-too-large': 'service once sent',
  // This side chose not to send, or could not.
  refused: 'nobody',
  'circuit-open': 'nobody',
  'invalid-argument': 'nobody',
  'encode-failed': 'nobody',
  closed: 'nobody',
  // A burst of the caller's own fills the bounds as well; where a slow service does, the timeouts tell.
  overloaded: 'nobody',
  // The service did answer; what came is between the two sides' declarations of one type.
  'command-invalid': 'nobody',
  'result-invalid': 'nobody',
  // The caller left, was too slow, or failed.
  cancelled: 'nobody',
  'result-overflow': 'nobody',
  'consumer-failed': 'nobody',
  // Nothing to do with a service, or not known to have.
  'listen-failed': 'nobody',
  internal: 'nobody',
};

/** Failures of the caller's making: the service is well, and says so. */
const OF_THE_CALLER: ReadonlySet<CommandFailureKind> = new Set(['not-found', 'permission-denied', 'conflict']);

/**
 * Whether the error that ended a send tells against the service, for circuit breakers:
 *
 * | code | against the service |
 * |---|---|
 * | `timeout`, `unavailable`, `connect-failed`, `handshake-timeout`, `server-info-mismatch`, `connection-lost`, `protocol-error` | yes |
 * | `command-failed` | unless it is a `CommandFailure` of the caller's making: `not-found`, `permission-denied`, `conflict` |
 * | `frame-too-large` | if the Command was sent: the Result was too large then, not the Command |
 * | all others | no |
 */
export function blamesService(error: CmdStreamError, sent: SentCommand): boolean {
  if (error.failure !== undefined && OF_THE_CALLER.has(error.failure)) return false;
  const blame = BLAME[error.code];
  return blame === 'service' || (blame === 'service once sent' && sent.seq > 0);
}
