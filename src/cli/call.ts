import { readFile } from 'node:fs/promises';
import { MAX_TIMER_MS } from '../base/options/check.ts';
import { type ClientTlsOptions, type Command, createSender } from '../index.ts';
import { type AnyProtocol, protocolTables } from '../protocol/protocol.ts';
import { calc } from './calc.ts';
import { codecNamed } from './codec-option.ts';
import { loadProtocol } from './load-protocol.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, parseWholeNumber, UsageError } from './usage-error.ts';

/** `cmd-stream call`: sends one Command and prints its Results, each as a line of JSON. */
export async function call(args: string[], out: Terminal): Promise<number> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      protocol: { type: 'string' },
      export: { type: 'string' },
      codec: { type: 'string', default: 'msgpack' },
      timeout: { type: 'string', default: '10000' },
      'server-info': { type: 'string', default: 'default' },
      tls: { type: 'boolean', default: false },
      'tls-ca': { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
    },
  });
  const [address, name, payload, ...rest] = positionals;
  if (address === undefined || name === undefined || rest.length > 0) {
    throw new UsageError('call takes an address, the name of a Command, and at most one payload');
  }
  const timeoutMs = parseWholeNumber('timeout', values.timeout, 1, MAX_TIMER_MS);
  const protocol: AnyProtocol =
    values.protocol === undefined ? calc : await loadProtocol(values.protocol, values.export);
  const command = makeCommand(protocol, name, payload);
  const tls = await tlsOptions(values);
  await using sender = await createSender(protocol, {
    address,
    codec: codecNamed(values.codec),
    serverInfo: values['server-info'],
    handshakeTimeoutMs: timeoutMs,
    ...(tls === undefined ? {} : { tls }),
  });
  // What JSON leaves as it is and a terminal does not, the terminal escapes, by which it stays the same JSON.
  for await (const value of sender.sendMulti(command, { timeoutMs })) out.line(JSON.stringify(value, showBigInt));
  return 0;
}

function makeCommand(protocol: AnyProtocol, name: string, payload: string | undefined): Command {
  const { commandEntries } = protocol[protocolTables];
  if (!commandEntries.some((entry) => entry.name === name)) {
    const names = commandEntries.map((entry) => entry.name).join(', ');
    throw new UsageError(`the protocol has no Command '${name}'; it has ${names}`);
  }
  const make = (protocol as unknown as Record<string, (payload: unknown) => Command>)[name];
  return (make as (payload: unknown) => Command)(payload === undefined ? undefined : parsePayload(payload));
}

function parsePayload(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    throw new UsageError(`the payload must be JSON; got ${payload}`);
  }
}

interface TlsValues {
  readonly tls: boolean;
  readonly 'tls-ca'?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'tls-key'?: string | undefined;
}

async function tlsOptions(values: TlsValues): Promise<ClientTlsOptions | undefined> {
  const files = { ca: values['tls-ca'], cert: values['tls-cert'], key: values['tls-key'] };
  const given = Object.entries(files).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (given.length === 0 && !values.tls) return undefined;
  const read = await Promise.all(given.map(async ([name, file]) => [name, await readFile(file)] as const));
  return Object.fromEntries(read);
}

function showBigInt(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
