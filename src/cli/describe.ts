import { escapeUnprintable } from '../base/errors/printable.ts';
import { CONNECT_OPTIONS, readConnectOptions } from './connect-options.ts';
import { commandNamed, type DescribedCommand } from './described-service.ts';
import { DirectConnection } from './direct-connection.ts';
import type { Terminal } from './terminal.ts';
import { typeText } from './type-text.ts';
import { parseArguments, UsageError } from './usage-error.ts';

/** A schema that is deeper is shown in one line: indented, it could be of any length. */
const MAX_INDENTED = 24;

/** `cmd-stream describe`: what a running server says of one Command. */
export async function describe(args: string[], out: Terminal, err: Terminal): Promise<number> {
  const { values, positionals } = parseArguments({ args, allowPositionals: true, options: CONNECT_OPTIONS });
  const [address, name, ...rest] = positionals;
  if (address === undefined || name === undefined || rest.length > 0) {
    throw new UsageError('describe takes an address and the name of a Command');
  }
  const connection = await DirectConnection.open(address, await readConnectOptions(values, err));
  try {
    const command = commandNamed(connection, name);
    const { returns, several, schema } = command;
    if (values.json) out.json({ address, name: command.name, returns, several, schema });
    else show(address, command, out);
    return 0;
  } finally {
    await connection.close();
  }
}

function show(address: string, { name, returns, several, schema }: DescribedCommand, out: Terminal): void {
  out.line(out.paint('bold', name), `  at ${address}`);
  out.line('  ', out.paint('dim', 'payload'), `  ${escapeUnprintable(typeText(schema))}`);
  const results = returns === undefined ? 'the server does not tell' : returns.join(' | ');
  out.line('  ', out.paint('dim', 'Results'), `  ${results}${several === true ? ' (several)' : ''}`);
  if (schema === undefined) {
    out.line('The server gives no JSON Schema for its payload.');
    return;
  }
  out.heading('JSON Schema of the payload');
  if (isDeeperThan(MAX_INDENTED, schema)) out.json(schema);
  else out.page(JSON.stringify(schema, undefined, 2));
}

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((part) => isDeeperThan(depth - 1, part));
}
