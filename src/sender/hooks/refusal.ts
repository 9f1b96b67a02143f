import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { traitsOf } from '../../base/errors/codes.ts';
import type { Command } from '../../protocol/command.ts';
import type { SentCommand } from './hooks.ts';

/**
 * The error of a send whose `beforeSend` threw (or rejected with) `thrown`. Any other CmdStreamError is wrapped: it
 * tells of another request, perhaps to another service (a hook that fetched something first), and neither its code nor
 * its `mayHaveExecuted` may be taken for this one's.
 */
export function refusalOf(command: Command, thrown: unknown): CmdStreamError {
  if (CmdStreamError.is(thrown) && traitsOf(thrown.code).fromHook && !thrown.mayHaveExecuted) return thrown;
  const context = `Command '${command.name}' was not sent: a hook refused it`;
  return new CmdStreamError('refused', `${context}: ${describeError(thrown)}`, { cause: thrown });
}

/** A Command that has not been sent, as hooks see it. */
export function unsent(command: Command): SentCommand {
  return { command, seq: 0, clientId: undefined, size: 0 };
}
