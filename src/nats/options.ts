import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { listOf } from '../base/errors/ask.ts';
import { invalidOption, invalidSecret, isPlainObject } from '../base/options/check.ts';
import { type OptionTable, resolveOptions } from '../base/options/table.ts';
import { parseAddress } from '../wire/transport/address.ts';
import { isToken } from './subjects.ts';

/** What a broker wants to know of whoever connects to it, as `connect` of nats.js takes it. */
export type NatsConnectionOptions = Pick<
  NodeConnectionOptions,
  'authenticator' | 'inboxPrefix' | 'name' | 'pass' | 'tls' | 'token' | 'user'
>;

/** Options of `natsEngine`. */
export interface NatsOptions {
  /** Where the brokers are: `'nats://10.0.0.1:4222'` or `'10.0.0.1:4222'`, `'tls://...'` where nothing is said in plain text; one or several of a cluster. */
  readonly servers: string | readonly string[];
  /** The name of the service: letters, digits, `_` and `-`. Its Commands have the subjects `cs.<service>.<Command>`. */
  readonly service: string;
  /** The version of the service, as semver: `'1.0.0'`. Default `'0.0.0'`. */
  readonly version?: string | undefined;
  /** Who connects, and how: `token`, `user` and `pass`, an `authenticator` of nats.js (nkey, creds), `tls`, `inboxPrefix`. */
  readonly connection?: NatsConnectionOptions | undefined;
}

/** {@link NatsOptions}, complete and checked. */
export interface ResolvedNatsOptions {
  /** The brokers as `host:port`. */
  readonly addresses: readonly string[];
  readonly service: string;
  readonly version: string;
  readonly connection: NatsConnectionOptions;
}

const URL = /^(?:(?<scheme>nats|tls):\/\/)?(?<address>[^/]+)\/?$/;
const SEMVER = /^\d+\.\d+\.\d+(?:[-+][\w.+-]+)?$/;
const CONNECTION = ['authenticator', 'inboxPrefix', 'name', 'pass', 'tls', 'token', 'user'];

const TABLE = {
  servers: (field, value) => serversOf(field, value),
  service: (field, value: unknown) => {
    if (isToken(value)) return value;
    throw invalidOption(field, `a name of letters, digits, '_' and '-'`, value);
  },
  version: (field, value: unknown = '0.0.0') => {
    if (typeof value === 'string' && SEMVER.test(value)) return value;
    throw invalidOption(field, `a version such as '1.0.0'`, value);
  },
  connection: (field, value: unknown = {}) => connectionOf(field, value),
} satisfies OptionTable<NatsOptions>;

/** Completes the options, or throws `invalid-argument` for the first that is not acceptable. */
export function resolveNatsOptions(options: NatsOptions): ResolvedNatsOptions {
  const { servers, service, version, connection } = resolveOptions('the options of natsEngine()', options, TABLE);
  const tls = servers.isSecret ? { tls: connection.tls ?? {} } : {};
  return Object.freeze({ addresses: servers.addresses, service, version, connection: { ...connection, ...tls } });
}

/** Where brokers are, and whether they are to be spoken to by TLS alone. */
interface Servers {
  readonly addresses: readonly string[];
  readonly isSecret: boolean;
}

function serversOf(field: string, value: unknown): Servers {
  const list = listOf(value) ?? [value];
  const accepted = `'nats://host:port', or a list of such`;
  if (list.length === 0) throw invalidOption(field, accepted, value);
  const urls = list.map((url) => {
    // Whoever puts a password there has it in every message.
    if (typeof url === 'string' && url.includes('@'))
      throw invalidSecret(field, `without a user: 'connection' has one`, url);
    const { scheme, address } = (typeof url === 'string' && URL.exec(url)?.groups) || {};
    if (address === undefined) throw invalidOption(field, accepted, url);
    parseAddress(address, `option '${field}'`);
    return { scheme, address };
  });
  return { addresses: urls.map(({ address }) => address), isSecret: urls.some(({ scheme }) => scheme === 'tls') };
}

function connectionOf(field: string, value: unknown): NatsConnectionOptions {
  if (!isPlainObject(value)) throw invalidOption(field, 'an object of options of nats.js', value);
  const stranger = Object.keys(value).find((name) => !CONNECTION.includes(name));
  if (stranger === undefined) return value as NatsConnectionOptions;
  throw invalidOption(field, `of ${CONNECTION.join(', ')} only`, stranger);
}
