import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { show } from '../base/options/check.ts';
import { isCommand } from './command.ts';
import type { CommandEntry, ProtocolTables } from './protocol.ts';

/**
 * Entry of a Command in a protocol.
 * @throws CmdStreamError `invalid-argument` for what is no Command, or one of another protocol.
 */
export function entryOf(tables: ProtocolTables<unknown, unknown>, command: unknown): CommandEntry {
  if (!isCommand(command)) {
    const message = `send takes a Command of the sender's protocol, such as 'protocol.Name(payload)'; got ${show(command)}`;
    throw new CmdStreamError('invalid-argument', message);
  }
  const entry = tables.commandEntries[command.type];
  if (entry !== undefined && command.protocol === tables) return entry;
  throw new CmdStreamError('invalid-argument', `${command.name} is a Command of another protocol than the sender's`);
}
