import { isIP } from 'node:net';
import { systemClock } from '../../base/clock.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { MAX_TIMER_MS, optionNames } from '../../base/options/check.ts';
import { paced } from '../../base/refusal-pace.ts';
import { parseAddress } from './address.ts';
import { HandshakingPeers } from './handshaking-peers.ts';
import { TCP_KEEP_ALIVE } from './keep-alive.ts';
import { nodeTls } from './node-tls.ts';
import { listen } from './socket-listener.ts';
import { holdWith, whenConnected } from './socket-stream.ts';
import { plainTlsError } from './tls-error.ts';
import {
  type ClientTlsOptions,
  renewServerTls,
  resolveClientTls,
  resolveServerTls,
  type ServerTlsOptions,
} from './tls-options.ts';
import type { Transport } from './transport.ts';

/** Options of {@link tlsTransport}. */
export interface TlsTransportOptions {
  /** For connecting. Default: trust the authorities that come with Node, present no certificate. */
  readonly client?: ClientTlsOptions | undefined;
  /** For listening; without it the transport can only connect. */
  readonly server?: ServerTlsOptions | undefined;
}

/**
 * TLS over TCP; mutual TLS where the server's `requestCert` is set.
 * @throws CmdStreamError `invalid-argument`, also where certificate and key do not fit together.
 *
 * @example
 * ```ts
 * tlsTransport({ server: { cert, key, ca, requestCert: true } });
 * tlsTransport({ client: { ca, cert: clientCert, key: clientKey } });
 * ```
 */
export function tlsTransport(options: TlsTransportOptions = {}): Transport {
  optionNames('the options of tlsTransport()', options, ['client', 'server']);
  const client = resolveClientTls(options.client ?? {});
  const server = options.server === undefined ? undefined : resolveServerTls(options.server);
  const { secureContext, rejectUnauthorized, checkServerIdentity } = client;
  const dial: Transport['connect'] = async (address, signal, reached, holds) => {
    const { host, port } = parseAddress(address);
    signal.throwIfAborted();
    // An IP address is not sent as a server name (RFC 6066, section 3), but is checked against the certificate.
    const servername = client.servername ?? (isIP(host) === 0 ? host : undefined);
    const socket = nodeTls().connect({
      host,
      port,
      secureContext,
      rejectUnauthorized,
      ...(servername === undefined ? {} : { servername }),
      ...(checkServerIdentity === undefined ? {} : { checkServerIdentity }),
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(TCP_KEEP_ALIVE.keepAlive, TCP_KEEP_ALIVE.keepAliveInitialDelay);
    if (holds !== undefined) holdWith(socket, holds);
    if (reached !== undefined) socket.once('connect', reached);
    return whenConnected(socket, 'secureConnect', signal).catch((error: unknown) => {
      throw error === signal.reason ? error : plainTlsError(error as Error, address);
    });
  };
  const accept: Transport['listen'] = async (where, events) => {
    if (server === undefined) {
      throw new CmdStreamError(
        'invalid-argument',
        `option 'server' of tlsTransport is missing: nothing to listen with`,
      );
    }
    const handshakeTimeout = Math.min(where.handshakeTimeoutMs, MAX_TIMER_MS);
    const { identity, requestCert } = server;
    const acceptor = nodeTls().createServer({
      ...identity,
      requestCert,
      rejectUnauthorized: true,
      handshakeTimeout,
      noDelay: true,
      ...TCP_KEEP_ALIVE,
    });
    const limits = { ...where, handshakeTimeoutMs: handshakeTimeout };
    const listener = await listen(acceptor, limits, events, new HandshakingPeers(acceptor, requestCert));
    const setTls = (renewed: ServerTlsOptions) =>
      acceptor.setSecureContext({ ...renewServerTls(renewed, server).identity });
    return Object.assign(listener, { setTls });
  };
  return {
    name: 'tls',
    connect: (...dialled) => paced(systemClock, dial(...dialled)),
    listen: (...asked) => paced(systemClock, accept(...asked)),
  };
}
