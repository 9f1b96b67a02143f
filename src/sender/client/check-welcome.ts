import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { printable } from '../../base/errors/printable.ts';
import type { ProtocolTables } from '../../protocol/protocol.ts';
import type { Welcome } from '../../wire/extension/introduction.ts';

/**
 * Makes the check of what servers say of themselves: another codec, or another name at a place that both lists have, and
 * what is sent would be taken for something else. A longer list on either side is that of a newer version.
 *
 * @returns what throws CmdStreamError `server-info-mismatch`, and `refused` where the server does not let this client in.
 */
export function welcomeCheck(
  codec: string,
  { commandEntries, resultEntries }: ProtocolTables<unknown, unknown>,
): (address: string, welcome: Welcome) => void {
  // As those of the server are read.
  const commands = commandEntries.map(({ name }) => printable(name));
  const results = resultEntries.map(({ name }) => printable(name));
  return (address, welcome) => {
    if (welcome.refused !== undefined) {
      throw new CmdStreamError('refused', `${address} does not let this client in: ${welcome.refused}`);
    }
    const why =
      otherCodec(codec, welcome.codec) ??
      otherName('Command', commands, welcome.commands) ??
      otherName('Result', results, welcome.results);
    if (why !== undefined) throw new CmdStreamError('server-info-mismatch', `${address} is another service: ${why}`);
  };
}

function otherCodec(own: string, server: string): string | undefined {
  if (server === '' || server === own) return undefined;
  return `its codec is ${server}, here it is ${own} (option 'codec')`;
}

function otherName(kind: string, own: readonly string[], server: readonly string[]): string | undefined {
  const number = own.findIndex((name, index) => server[index] !== undefined && server[index] !== name);
  if (number < 0) return undefined;
  return `the server's ${kind} ${number} is ${server[number]}, here it is ${own[number]}; new ones go to the end of a protocol`;
}
