import { isIPv6 } from 'node:net';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { show } from '../../base/options/check.ts';

/** Where to connect to. */
export interface HostPort {
  /** A host name or an IP address; an IPv6 address without its brackets. */
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** A resolver may be the peer's voice as well: no control characters, and no more than a host name of DNS may have. */
const HOST_PORT = /^(?:\[(?<ip6>[^[\]]+)\]|(?<name>[^\s:/@?#[\]\p{Cc}\p{Cf}\p{Cs}]{1,253})):(?<port>\d{1,5})$/u;

/**
 * Reads `host:port`: `localhost:9000`, `127.0.0.1:9000`, `[::1]:9000`.
 * @param what - whose address it is, for the message of the error.
 * @throws CmdStreamError `invalid-argument`.
 */
export function parseAddress(address: unknown, what = 'an address'): HostPort {
  const parts = typeof address === 'string' ? HOST_PORT.exec(address)?.groups : undefined;
  const port = Number(parts?.port);
  const { ip6, name } = parts ?? {};
  const host = ip6 !== undefined && isIPv6(ip6) ? ip6 : name;
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new CmdStreamError(
    'invalid-argument',
    `${what} must be 'host:port' with a port from 1 to 65535, such as 'localhost:9000', '127.0.0.1:9000' or ` +
      `'[::1]:9000'; got ${show(address)}`,
  );
}

/** Writes `host:port`, with brackets around an IPv6 address; an IPv4 address that came as IPv6 is shown as IPv4. */
export function formatAddress(host: string, port: number): string {
  const shown = host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host;
  return shown.includes(':') ? `[${shown}]:${port}` : `${shown}:${port}`;
}
