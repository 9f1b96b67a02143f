import { CmdStreamError, type CmdStreamErrorCode, describeError } from '../../base/errors/cmd-stream-error.ts';
import type { Command } from '../../protocol/command.ts';
import type { SentCommand } from './hooks.ts';

/** The codes by which a hook says in the library's own words that this side chose not to send. */
const OWN_WORDS: ReadonlySet<CmdStreamErrorCode> = new Set([
  'refused',
  'circuit-open',
  'overloaded',
  'invalid-argument',
]);

/**
 * The error of a send whose `beforeSend` threw (or rejected with) `thrown`. Any other CmdStreamError is wrapped: it
 * tells of another request, perhaps to another service (a hook that fetched something first), and neither its code nor
 * its `mayHaveExecuted` may be taken for this one's.
 */
export function refusalOf(command: Command, thrown: unknown): CmdStreamError {
  if (CmdStreamError.is(thrown) && OWN_WORDS.has(thrown.code) && !thrown.mayHaveExecuted) return thrown;
  const context = `Command '${command.name}' was not sent: a hook refused it`;
  return new CmdStreamError('refused', `${context}: ${describeError(thrown)}`, { cause: thrown });
}

/** A Command that has not been sent, as hooks see it. */
export function unsent(command: Command): SentCommand {
  return { command, seq: 0, clientId: undefined, size: 0 };
}
