import type { PeerCertificate, SecureContext, SecureContextOptions } from 'node:tls';
import { types } from 'node:util';
import { listOf } from '../../base/errors/ask.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { describeError, isError } from '../../base/errors/describe-error.ts';
import { callback, flag, invalidOption, invalidSecret, show } from '../../base/options/check.ts';
import { among, type OptionTable, onOff, type Resolved, resolveOptions } from '../../base/options/table.ts';
import { tookPromise } from '../../base/thenable.ts';
import { nodeCrypto, nodeTls } from './node-tls.ts';

/** Certificates or a key in PEM form: what a `.pem` file contains. */
export type Pem = string | Buffer;

/** Versions that `minVersion` accepts: older ones are broken (RFC 8996). */
const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

/** Options that both sides of TLS share. Names and meanings are those of Node's `tls.createSecureContext`. */
export interface TlsIdentityOptions {
  /** The authorities whose certificates are trusted. Default: those that come with Node. */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** The own certificate, with its intermediates behind it. */
  readonly cert?: Pem | undefined;
  /** The private key of `cert`. */
  readonly key?: Pem | undefined;
  /** The passphrase of an encrypted `key`. */
  readonly passphrase?: string | undefined;
  /** The oldest version of TLS that is spoken: `'TLSv1.2'` or `'TLSv1.3'`. Default `'TLSv1.2'`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** OpenSSL cipher list. Default: Node's. */
  readonly ciphers?: string | undefined;
}

/** TLS at the connecting side. For mutual TLS give `cert` and `key`. */
export interface ClientTlsOptions extends TlsIdentityOptions {
  /** The name that the server's certificate must carry. Default: the host of the address. */
  readonly servername?: string | undefined;
  /** `false` accepts any certificate: for experiments only, since anyone can then play the server. Default `true`. */
  readonly rejectUnauthorized?: boolean | undefined;
  /** Further checks on the server's certificate; returns an error (or throws) to refuse it. Default: Node's check of the name. */
  readonly checkServerIdentity?: ((servername: string, certificate: PeerCertificate) => Error | undefined) | undefined;
}

/** TLS at the accepting side. */
export interface ServerTlsOptions extends TlsIdentityOptions {
  readonly cert: Pem;
  readonly key: Pem;
  /**
   * Mutual TLS: clients must present a certificate that one of `ca` (then required) has signed; others are refused.
   * Default `false`.
   */
  readonly requestCert?: boolean | undefined;
}

const IDENTITY = {
  ca: (field, value) => (value === undefined ? undefined : (listOf(value) ?? [value]).map((ca) => pem(field, ca))),
  cert: (field, value) => (value === undefined ? undefined : pem(field, value)),
  key: (field, value) => (value === undefined ? undefined : pem(field, value)),
  passphrase: text,
  minVersion: among('TLSv1.2', TLS_VERSIONS),
  ciphers: text,
} satisfies OptionTable<TlsIdentityOptions>;

const CLIENT = {
  ...IDENTITY,
  servername: text,
  rejectUnauthorized: onOff(true),
  checkServerIdentity: harmlessCheck,
} satisfies OptionTable<ClientTlsOptions>;

/** {@link ClientTlsOptions}, checked. */
export interface ResolvedClientTls
  extends Pick<Resolved<typeof CLIENT>, 'rejectUnauthorized' | 'servername' | 'checkServerIdentity'> {
  /** Authorities, certificate and key, read once for all connections. */
  readonly secureContext: SecureContext;
}

/** {@link ServerTlsOptions}, checked. */
export interface ResolvedServerTls {
  /** Authorities, certificate and key, as Node takes them. */
  readonly identity: Readonly<SecureContextOptions>;
  readonly requestCert: boolean;
}

/**
 * Checks the options of the connecting side.
 * @throws CmdStreamError `invalid-argument`.
 */
export function resolveClientTls(options: ClientTlsOptions): ResolvedClientTls {
  const resolved = resolveOptions('the options of a TLS client', options, CLIENT, 'tls');
  const { servername, rejectUnauthorized, checkServerIdentity, ...identity } = resolved;
  if ((options.cert === undefined) !== (options.key === undefined)) {
    const [missing, given] = options.cert === undefined ? ['cert', 'key'] : ['key', 'cert'];
    throw invalidOption(`tls.${missing}`, `given together with 'tls.${given}'`, undefined);
  }
  return Object.freeze({ secureContext: makeContext(identity), rejectUnauthorized, servername, checkServerIdentity });
}

/**
 * A check of the user's that always answers: Node calls it from the socket, where what it throws would end the process.
 * A throw, and what is no answer, refuses the certificate.
 */
function harmlessCheck(
  field: string,
  value: ClientTlsOptions['checkServerIdentity'],
): ClientTlsOptions['checkServerIdentity'] {
  const check = callback(field, value);
  if (check === undefined) return undefined;
  return (servername, certificate) => {
    let answer: unknown;
    try {
      answer = check(servername, certificate);
    } catch (error) {
      const message = `option '${field}' threw: ${describeError(error)}`;
      return new Error(message, { cause: error });
    }
    if (answer === undefined || isError(answer)) return answer;
    // An async check comes too late to be heard.
    const got = tookPromise(answer) ? 'a promise' : show(answer);
    return new Error(`option '${field}' must return an Error or undefined; got ${got}`);
  };
}

/**
 * Checks the options of the accepting side.
 * @throws CmdStreamError `invalid-argument`.
 */
export function resolveServerTls(options: ServerTlsOptions): ResolvedServerTls {
  return resolveServer(options, onOff(false));
}

/**
 * Checks options that take the place of others while a server listens.
 * @throws CmdStreamError `invalid-argument`.
 */
export function renewServerTls(options: ServerTlsOptions, { requestCert }: ResolvedServerTls): ResolvedServerTls {
  return resolveServer(options, (field, value) => {
    if (flag(field, value, requestCert) === requestCert) return requestCert;
    throw invalidOption(field, `${requestCert}, as it is, while the server listens`, value);
  });
}

function resolveServer(
  options: ServerTlsOptions,
  wanted: (field: string, value: unknown) => boolean,
): ResolvedServerTls {
  const table = { requestCert: wanted, ...IDENTITY } satisfies OptionTable<ServerTlsOptions>;
  const { requestCert, ...identity } = resolveOptions('the options of a TLS server', options, table, 'tls');
  for (const field of ['cert', 'key'] as const) {
    if (identity[field] === undefined) throw invalidOption(`tls.${field}`, 'given: a server needs it', undefined);
  }
  if (requestCert && identity.ca === undefined) {
    throw invalidOption('tls.ca', `given where 'tls.requestCert' is true: it vouches for the clients`, undefined);
  }
  makeContext(identity);
  return Object.freeze({ identity, requestCert });
}

/** Lets OpenSSL say whether the fields are sound and fit together. */
function makeContext(identity: SecureContextOptions): SecureContext {
  try {
    const { X509Certificate } = nodeCrypto();
    // createSecureContext passes over an authority that it cannot read.
    for (const ca of [identity.ca ?? []].flat()) new X509Certificate(ca);
    return nodeTls().createSecureContext(identity);
  } catch (error) {
    throw CmdStreamError.from(error, 'invalid-argument', 'the TLS options cannot be used');
  }
}

function pem(field: string, value: unknown): Pem {
  const accepted = 'PEM (the contents of a file, not its name)';
  if (typeof value !== 'string' && !isBuffer(value)) throw invalidSecret(field, accepted, value);
  if (value.includes('-----BEGIN ')) return value;
  throw new CmdStreamError(
    'invalid-argument',
    `option '${field}' must be ${accepted}; got a ${typeof value === 'string' ? 'string' : 'Buffer'} that is no PEM`,
  );
}

/** `Buffer.isBuffer` would ask a Proxy, which may throw. */
function isBuffer(value: unknown): value is Buffer {
  return types.isUint8Array(value) && Buffer.isBuffer(value);
}

function text(field: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && value !== '')) return value;
  throw invalidSecret(field, 'a text that is not empty', value);
}
