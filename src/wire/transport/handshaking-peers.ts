import type { Server, TLSSocket } from 'node:tls';
import { formatAddress } from './address.ts';
import { type Peer, peerAt, peerOf } from './peer.ts';

/**
 * Knows the clients of a TLS server before they are let in: where Node refuses a certificate, it has closed the socket, and
 * forgotten the certificate, by the time it says so.
 */
export class HandshakingPeers {
  readonly #known = new WeakMap<object, Peer>();

  /** @param asksForCertificates - otherwise there are none to be refused. */
  constructor(server: Server, asksForCertificates: boolean) {
    if (!asksForCertificates) return;
    // Node hands out the socket of a handshake that is under way with the secrets of it only. They are wiped at once.
    server.on('keylog', (secret: Buffer, socket: TLSSocket) => {
      secret.fill(0);
      if (this.#known.has(socket)) return;
      this.#known.set(socket, peerAt(remoteOf(socket)));
      // In front of Node's own listener, which looks whether the certificate is good.
      socket.prependOnceListener('secure', () => this.#known.set(socket, peerOf(socket, remoteOf(socket))));
    });
  }

  /** Party at the other end of a handshake that has failed; Node has forgotten who was gone before it began. */
  peerOf(socket: TLSSocket): Peer | undefined {
    const isGone = socket.remoteAddress === undefined;
    return this.#known.get(socket) ?? (isGone ? undefined : peerAt(remoteOf(socket)));
  }
}

function remoteOf({ remoteAddress, remotePort }: TLSSocket): string {
  return formatAddress(remoteAddress ?? 'unknown', remotePort ?? 0);
}
