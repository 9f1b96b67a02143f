import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Metadata } from '../extension/metadata.ts';
import { formatAddress } from './address.ts';
import { certificateInfo, describeName, type PeerCertificate } from './certificate.ts';

/** Details that are known of a connection's TLS. */
export interface PeerTls {
  /** `'TLSv1.2'` or `'TLSv1.3'`. */
  readonly protocol: string;
  /** The cipher suite, by the name that the standard gives it: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** Whether the other side has shown a certificate that one of `tls.ca` vouches for: true wherever `tls.requestCert` is. */
  readonly authorized: boolean;
}

/** Party at the other end of a connection. */
export interface Peer {
  /** Its IP address: `10.0.0.7`; IPv6 without brackets. Of a connection without sockets, the name of the other side. */
  readonly address: string;
  /** Its port; 0 where it has none. */
  readonly port: number;
  /** The connection's TLS; `false` where there is none. */
  readonly tls: PeerTls | false;
  /** The name that a client has asked for in its TLS handshake (SNI); `undefined` where it has asked for none. */
  readonly serverName: string | undefined;
  /**
   * The certificate that it has shown: clients are asked for one by `tls.requestCert` (mutual TLS). `undefined` where it has
   * shown none. Read when it is first asked for; also once the connection is gone.
   */
  readonly certificate: PeerCertificate | undefined;
  /**
   * Texts that a client has sent along when it connected: the option `metadata` of its sender. `undefined` where it has no wire
   * extension: one of cmd-stream-go, or an older one.
   */
  readonly metadata?: Metadata | undefined;
}

const READ_ADDRESS = /^\[?(?<address>.*?)\]?:(?<port>\d+)$/;

/** The peer of a connection of which nothing is known but where it comes from: `10.0.0.7:51234`, `[::1]:51234`. */
export function peerAt(remoteAddress: string): Peer {
  const { address = remoteAddress, port = 0 } = READ_ADDRESS.exec(remoteAddress)?.groups ?? {};
  return { address, port: Number(port), tls: false, serverName: undefined, certificate: undefined };
}

/** The peer of a connected socket; to be made while it is connected. */
export function peerOf(socket: Socket, remoteAddress: string): Peer {
  const peer = peerAt(remoteAddress);
  return 'encrypted' in socket ? new TlsPeer(peer, socket as TLSSocket) : peer;
}

/** A peer in a message: `10.0.0.7:51234, with a certificate of CN=orders, O=shop`. */
export function describePeer({ address, port, certificate }: Peer): string {
  const where = formatAddress(address, port);
  return certificate === undefined ? where : `${where}, with a certificate of ${describeName(certificate)}`;
}

/** The peer of a TLS connection. */
class TlsPeer implements Peer {
  readonly address: string;
  readonly port: number;
  readonly tls: PeerTls;
  readonly serverName: string | undefined;
  /** As OpenSSL holds it, nothing of it read. */
  #unread: X509Certificate | undefined;
  #certificate: PeerCertificate | undefined;

  constructor({ address, port }: Peer, socket: TLSSocket) {
    this.address = address;
    this.port = port;
    const { servername } = socket as TLSSocket & { readonly servername?: string | false | null };
    this.serverName = servername || undefined;
    const { standardName, version } = socket.getCipher() ?? {};
    const { authorized } = socket;
    this.tls = Object.freeze({ protocol: socket.getProtocol() ?? version, cipher: standardName, authorized });
    this.#unread = socket.getPeerX509Certificate();
  }

  get certificate(): PeerCertificate | undefined {
    if (this.#unread !== undefined) {
      this.#certificate = certificateInfo(this.#unread);
      this.#unread = undefined;
    }
    return this.#certificate;
  }
}
