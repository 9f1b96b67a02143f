import type { Metadata } from '../wire/extension/metadata.ts';
import type { Peer } from '../wire/transport/peer.ts';

/** A client as its connection shows it, and as it says itself once it has said hello: the same object for as long as it is there. */
export class GreetedPeer implements Peer {
  readonly address: string;
  readonly port: number;
  readonly tls: Peer['tls'];
  readonly serverName: string | undefined;
  metadata: Metadata | undefined = undefined;
  readonly #peer: Peer;

  constructor(peer: Peer) {
    this.address = peer.address;
    this.port = peer.port;
    this.tls = peer.tls;
    this.serverName = peer.serverName;
    this.#peer = peer;
  }

  /** Read when it is first asked for. */
  get certificate(): Peer['certificate'] {
    return this.#peer.certificate;
  }
}
