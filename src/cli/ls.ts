import { escapeUnprintable } from '../base/errors/printable.ts';
import type { Welcome } from '../wire/extension/introduction.ts';
import { CONNECT_OPTIONS, readConnectOptions } from './connect-options.ts';
import { commandsOf, type DescribedCommand } from './described-service.ts';
import { DirectConnection } from './direct-connection.ts';
import { lsByNats } from './nats-ls.ts';
import { NATS_OPTIONS, ONLY_DIRECT, readNatsWay, refuseBesideNats } from './nats-options.ts';
import type { Terminal } from './terminal.ts';
import { typeText } from './type-text.ts';
import { parseArguments, UsageError } from './usage-error.ts';

/** Columns are no wider than that; what is longer moves the rest of its line. */
const MAX_COLUMN = 60;

/** `cmd-stream ls`: what a running server says of itself. */
export async function ls(args: string[], out: Terminal, err: Terminal): Promise<number> {
  const options = { ...CONNECT_OPTIONS, ...NATS_OPTIONS };
  const { values, positionals } = parseArguments({ args, allowPositionals: true, options });
  const way = await readNatsWay(values);
  if (way !== undefined) {
    refuseBesideNats(values, [...ONLY_DIRECT, 'metadata']);
    if (positionals.length > 0) throw new UsageError('ls takes no address beside --nats');
    const { handshakeTimeoutMs } = await readConnectOptions(
      { ...values, ca: undefined, cert: undefined, key: undefined },
      err,
    );
    return await lsByNats(way, handshakeTimeoutMs, values.json, out);
  }
  const [address, ...rest] = positionals;
  if (address === undefined || rest.length > 0) throw new UsageError('ls takes one address');
  const connection = await DirectConnection.open(address, await readConnectOptions(values, err));
  try {
    if (values.json) out.json(documentOf(connection));
    else show(connection, out);
    return 0;
  } finally {
    await connection.close();
  }
}

/** All of it, as one JSON document. */
function documentOf({ address, serverInfo, welcome }: DirectConnection): object {
  if (welcome === undefined) return { address, serverInfo, describes: false };
  const { version, codec, instance, maxFrameBytes, results, several } = welcome;
  return {
    address,
    serverInfo,
    describes: true,
    version,
    codec,
    instance,
    maxFrameBytes,
    commands: commandsOf(welcome).map(({ name, returns, several: isSeveral, schema }) => ({
      name,
      returns,
      several: isSeveral,
      schema,
    })),
    results: results.map((name, type) => ({
      name,
      several: toldAnswers(welcome) ? several.includes(type) : undefined,
    })),
  };
}

function show({ address, serverInfo, welcome }: DirectConnection, out: Terminal): void {
  if (welcome === undefined) {
    out.line(out.paint('bold', address), `  ServerInfo '${serverInfo}'`);
    out.line('It is a Go server, or one with goClients: it does not tell its codec, Commands and Results.');
    return;
  }
  const { version, codec, instance, maxFrameBytes } = welcome;
  out.line(
    out.paint('bold', address),
    `  cmd-stream ${version || '?'}, ${codec || 'unknown codec'}, ServerInfo '${serverInfo}'`,
  );
  out.line(`instance ${instance || '?'}, payloads of up to ${sizeText(maxFrameBytes)}`);
  if (welcome.commands.length === 0) {
    out.line('It has too many Commands and Results to tell their names.');
    return;
  }
  showCommands(commandsOf(welcome), out);
  showResults(welcome, out);
}

function showCommands(commands: readonly DescribedCommand[], out: Terminal): void {
  const rows = commands.map(({ name, schema, returns, several }) => ({
    name: escapeUnprintable(name),
    type: escapeUnprintable(typeText(schema)),
    answer: returns === undefined ? '' : `-> ${returns.join(' | ')}${several === true ? ' (several)' : ''}`,
  }));
  const names = widthOf(rows.map(({ name }) => name));
  const types = widthOf(rows.map(({ type }) => type));
  out.heading('Commands');
  for (const { name, type, answer } of rows) {
    out.line(`  ${name.padEnd(names)}  ${answer === '' ? type : type.padEnd(types)}  ${answer}`.trimEnd());
  }
}

function showResults(welcome: Welcome, out: Terminal): void {
  const { results, several } = welcome;
  const width = widthOf(results);
  out.heading('Results');
  results.forEach((name, type) => {
    out.line(several.includes(type) ? `  ${name.padEnd(width)}  (several)` : `  ${name}`);
  });
}

/** Whether the server tells which Results answer. */
function toldAnswers({ returns }: Welcome): boolean {
  return returns.length > 0;
}

function widthOf(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => (length > MAX_COLUMN ? 0 : length)));
}

function sizeText(bytes: number): string {
  if (bytes === Number.POSITIVE_INFINITY) return 'any size';
  for (const [unit, size] of [
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ] as const) {
    if (bytes % size === 0) return `${bytes / size} ${unit}`;
  }
  return `${bytes} bytes`;
}
