import { readFile } from 'node:fs/promises';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import { MAX_TIMER_MS } from '../base/options/check.ts';
import type { ClientTlsOptions } from '../index.ts';
import { type ExpectedInfo, resolveExpectedInfo } from '../sender/client/expected-info.ts';
import { checkMetadata, type Metadata } from '../wire/extension/metadata.ts';
import type { Terminal } from './terminal.ts';
import { parseWholeNumber, UsageError } from './usage-error.ts';

/** Options of all sub-commands that connect to a server, for `parseArgs`. */
export const CONNECT_OPTIONS = {
  timeout: { type: 'string' },
  metadata: { type: 'string', multiple: true },
  'server-info': { type: 'string' },
  tls: { type: 'boolean', default: false },
  ca: { type: 'string' },
  cert: { type: 'string' },
  key: { type: 'string' },
  servername: { type: 'string' },
  insecure: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

/** The values of {@link CONNECT_OPTIONS}. */
interface ConnectValues {
  readonly timeout?: string | undefined;
  readonly metadata?: readonly string[] | undefined;
  readonly 'server-info'?: string | undefined;
  readonly tls: boolean;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly insecure: boolean;
}

/** How to connect to a server, and what to tell it. */
export interface ConnectOptions {
  /** How long it may take until the server has introduced itself. */
  readonly handshakeTimeoutMs: number;
  /** The time that was asked for; `undefined`: none was. */
  readonly timeoutMs: number | undefined;
  readonly metadata: Metadata;
  /** The ServerInfo that was asked for; `undefined`: none was. */
  readonly serverInfo: string | undefined;
  /** Whatever the server calls itself, where none was asked for. */
  readonly expectedInfo: ExpectedInfo;
  /** `undefined`: plain TCP. */
  readonly tls: ClientTlsOptions | undefined;
}

/** The time of whatever is not given another one. */
export const DEFAULT_TIMEOUT_MS = 10_000;

const ANY_INFO: ExpectedInfo = { texts: [], check() {} };

/** Reads {@link CONNECT_OPTIONS}, and the files that they name. @throws UsageError */
export async function readConnectOptions(values: ConnectValues, err: Terminal): Promise<ConnectOptions> {
  const { timeout, 'server-info': serverInfo } = values;
  const timeoutMs = timeout === undefined ? undefined : parseWholeNumber('timeout', timeout, 1, MAX_TIMER_MS);
  return {
    handshakeTimeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    timeoutMs,
    metadata: metadataOf(values.metadata ?? []),
    serverInfo,
    expectedInfo: serverInfo === undefined ? ANY_INFO : resolveExpectedInfo(serverInfo),
    tls: await tlsOptions(values, err),
  };
}

function metadataOf(pairs: readonly string[]): Metadata {
  const entries = pairs.map((pair): [string, string] => {
    const end = pair.indexOf('=');
    if (end < 1) throw new UsageError(`--metadata must be KEY=VALUE; got '${pair}'`);
    return [pair.slice(0, end), pair.slice(end + 1)];
  });
  return checkMetadata('--metadata', Object.fromEntries(entries));
}

async function tlsOptions(values: ConnectValues, err: Terminal): Promise<ClientTlsOptions | undefined> {
  const { ca, cert, key, servername, insecure } = values;
  const given = [ca, cert, key, servername].some((value) => value !== undefined);
  if (!given && !values.tls && !insecure) return undefined;
  if (insecure) {
    err.line(
      err.paint('red', 'WARNING: --insecure: anybody can play this server, read what is sent, and answer in its name'),
    );
  }
  return {
    ca: await contentsOf('ca', ca),
    cert: await contentsOf('cert', cert),
    key: await contentsOf('key', key),
    servername,
    rejectUnauthorized: !insecure,
  };
}

/** The contents of a file that an option names. @throws UsageError */
export async function contentsOf(option: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw new UsageError(`--${option} must be a file that can be read: ${describeError(error)}`);
  }
}
