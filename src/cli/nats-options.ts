import { readFile } from 'node:fs/promises';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import type { Engine } from '../index.ts';
import type { NatsConnectionOptions } from '../nats.ts';
import { UsageError } from './usage-error.ts';

/** Options of the sub-commands that go over NATS, for `parseArgs`. */
export const NATS_OPTIONS = {
  nats: { type: 'string' },
  service: { type: 'string' },
  creds: { type: 'string' },
  nkey: { type: 'string' },
  token: { type: 'string' },
  user: { type: 'string' },
  password: { type: 'string' },
} as const;

/** Options of connections to servers that mean nothing to brokers. */
export const ONLY_DIRECT = ['server-info', 'servername', 'insecure', 'tls'] as const;

const NAMES = Object.keys(NATS_OPTIONS) as readonly (keyof NatsValues)[];

/** The values of {@link NATS_OPTIONS}. */
interface NatsValues {
  readonly nats?: string | undefined;
  readonly service?: string | undefined;
  readonly creds?: string | undefined;
  readonly nkey?: string | undefined;
  readonly token?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** The files of TLS. */
interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** A way to a service by brokers. */
export interface NatsWay {
  readonly urls: readonly string[];
  readonly service: string;
  readonly connection: NatsConnectionOptions;
  readonly engine: Engine;
}

/** The package that those bring who go over NATS. */
type NatsPackage = typeof import('@nats-io/transport-node');

/**
 * The way that the command line names, with the files that it names; `undefined` where it says nothing of NATS.
 * @throws UsageError
 */
export async function readNatsWay(values: NatsValues & TlsFiles): Promise<NatsWay | undefined> {
  if (values.nats === undefined) {
    const stray = NAMES.find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UsageError(`--${stray} goes with --nats URL`);
    return undefined;
  }
  const urls = values.nats.split(',').map((url) => url.trim());
  const service = values.service ?? 'calc';
  const connection = { ...(await whoConnects(values)), ...(await tlsOf(values, urls)) };
  await loadPackage();
  const { natsEngine } = await import('../nats.ts');
  return { urls, service, connection, engine: natsEngine({ servers: urls, service, connection }) };
}

/** nats.js. Rejects, and says what to do, where it is not installed. */
export async function loadPackage(): Promise<NatsPackage> {
  try {
    return await import('@nats-io/transport-node');
  } catch (error) {
    const how = 'install it (npm install @nats-io/transport-node)';
    throw new Error(`cannot load @nats-io/transport-node: ${describeError(error)}; ${how}`);
  }
}

/** Refuses options that mean nothing to a broker. @throws UsageError */
export function refuseBesideNats(values: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const stray = names.find((name) => values[name] !== undefined && values[name] !== false);
  if (stray !== undefined) throw new UsageError(`--${stray} goes without --nats`);
}

/** Secrets are in files: a command line is seen by everybody on the machine. */
async function whoConnects({ creds, nkey, token, user, password }: NatsValues): Promise<NatsConnectionOptions> {
  const ways = Object.entries({ creds, nkey, token, user }).filter(([, value]) => value !== undefined);
  const [first, second] = ways.map(([name]) => name);
  if (second !== undefined) throw new UsageError(`--${first} and --${second} do not go together: name one`);
  if ((user === undefined) !== (password === undefined)) throw new UsageError('--user and --password go together');
  if (creds !== undefined) {
    const text = await secretIn('creds', creds);
    return { authenticator: (await loadPackage()).credsAuthenticator(bytesOf(text)) };
  }
  if (nkey !== undefined) {
    const seed = await secretIn('nkey', nkey);
    return { authenticator: (await loadPackage()).nkeyAuthenticator(bytesOf(seed)) };
  }
  if (token !== undefined) return { token: await secretIn('token', token) };
  if (user !== undefined && password !== undefined) return { user, pass: await secretIn('password', password) };
  return {};
}

async function tlsOf({ ca, cert, key }: TlsFiles, urls: readonly string[]): Promise<NatsConnectionOptions> {
  if ((cert === undefined) !== (key === undefined)) throw new UsageError('--cert and --key go together');
  const given = { ca, cert, key };
  const files = Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (files.length === 0) return urls.some((url) => url.startsWith('tls://')) ? { tls: {} } : {};
  const texts = await Promise.all(files.map(async ([name, file]) => [name, await contentsOf(name, file)]));
  return { tls: Object.fromEntries(texts) };
}

async function secretIn(option: string, file: string): Promise<string> {
  const text = (await contentsOf(option, file)).trim();
  if (text !== '') return text;
  throw new UsageError(`--${option} must be a file with a secret in it; ${file} is empty`);
}

async function contentsOf(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--${option} must be a file that can be read: ${describeError(error)}`);
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
