import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { ServerStatus } from '../wire/extension/server-status.ts';
import { CONNECT_OPTIONS, readConnectOptions } from './connect-options.ts';
import { DirectConnection } from './direct-connection.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, UsageError } from './usage-error.ts';

/** Units of a time, from days down. */
const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `cmd-stream status`: how a running server is doing. */
export async function status(args: string[], out: Terminal, err: Terminal): Promise<number> {
  const { values, positionals } = parseArguments({ args, allowPositionals: true, options: CONNECT_OPTIONS });
  const [address, ...rest] = positionals;
  if (address === undefined || rest.length > 0) throw new UsageError('status takes one address');
  const connection = await DirectConnection.open(address, await readConnectOptions(values, err), { status: true });
  try {
    const told = statusOf(connection);
    if (values.json) out.json(documentOf(connection, told));
    else show(connection, told, out);
    return 0;
  } finally {
    await connection.close();
  }
}

/** @throws CmdStreamError `server-info-mismatch` where the server does not tell. */
function statusOf({ address, welcome }: DirectConnection): ServerStatus {
  if (welcome?.status !== undefined) return welcome.status;
  const why =
    welcome === undefined
      ? 'it is a Go server, or one with goClients'
      : `it has describe: false, or its version (${welcome.version || '?'}) is too old`;
  throw new CmdStreamError('server-info-mismatch', `${address} does not tell how it is doing: ${why}`);
}

function documentOf({ address, serverInfo, welcome, tookMs }: DirectConnection, told: ServerStatus): object {
  const { version, instance, codec } = { version: '', instance: '', codec: '', ...welcome };
  return { address, serverInfo, version, instance, codec, connectMs: Math.round(tookMs * 1_000) / 1_000, ...told };
}

function show({ address, serverInfo, welcome, tookMs }: DirectConnection, told: ServerStatus, out: Terminal): void {
  const { name, connections, inFlight, uptimeMs } = told;
  const rows = {
    ...(name !== undefined && { name }),
    version: `cmd-stream ${welcome?.version || '?'}`,
    ServerInfo: `'${serverInfo}'`,
    instance: welcome?.instance || '?',
    codec: welcome?.codec || '?',
    uptime: durationText(uptimeMs),
    connections: `${connections} (with this one)`,
    'in flight': String(inFlight),
    connected: `in ${tookMs.toFixed(1)} ms`,
  };
  out.line(out.paint('bold', address));
  for (const [name, text] of Object.entries(rows)) out.line('  ', out.paint('dim', name.padEnd(11)), `  ${text}`);
}

/** A time by its two largest units: `2 h 5 min`. */
function durationText(ms: number): string {
  let seconds = Math.floor(ms / 1_000);
  const parts = UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return parts.length === 0 ? 'less than a second' : parts.slice(0, 2).join(' ');
}
