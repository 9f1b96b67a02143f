import type { AddressInfo, Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { inNextTurn, systemClock } from '../../base/clock.ts';
import { workerRoom } from '../../base/worker-room.ts';
import { formatAddress } from './address.ts';
import type { HandshakingPeers } from './handshaking-peers.ts';
import { rememberSocket, whenHandlesAreClosed } from './open-sockets.ts';
import type { Peer } from './peer.ts';
import { SocketStream } from './socket-stream.ts';
import { refusedClientError } from './tls-error.ts';
import type { Listener, ListenerEvents, ListenOptions } from './transport.ts';
import { TurnedAway } from './turned-away.ts';

/**
 * Makes a TCP or TLS server of Node listen.
 *
 * @param server - not listening yet.
 * @param peers - of a TLS server; it hands over a socket once its handshake is done.
 */
export function listen(
  server: Server,
  options: ListenOptions,
  events: ListenerEvents,
  peers?: HandshakingPeers,
): Promise<Listener> {
  server.maxConnections = options.maxConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: options.port, host: options.host, ...sharing() }, () => {
      server.off('error', reject);
      resolve(new SocketListener(server, options.handshakeTimeoutMs, events, peers));
    });
  });
}

/** How a listener shares its port with those of other workers; where it says nothing, the cluster sees to it. */
function sharing() {
  return workerRoom()?.reusePort ? { exclusive: true, reusePort: true } : {};
}

class SocketListener implements Listener {
  readonly address: string;

  readonly #server: Server;
  readonly #handshakeTimeoutMs: number;
  /** TCP sockets whose TLS handshake is under way, by remote address. */
  readonly #handshaking = new Map<string, Socket>();

  constructor(server: Server, handshakeTimeoutMs: number, events: ListenerEvents, peers: HandshakingPeers | undefined) {
    this.#server = server;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
    const { address, port } = server.address() as AddressInfo;
    this.address = formatAddress(address, port);

    events.holds?.(server);
    // For TLS, too, this is the TCP socket.
    server.on('connection', (socket: Socket) => {
      events.holds?.(socket);
      rememberSocket(socket);
      if (peers !== undefined) this.#handshakeStarted(socket);
    });
    server.on(peers === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
      this.#handshaking.delete(remoteOf(socket));
      events.connection(new SocketStream(socket));
    });
    // `listening` is false from close() on: the handshakes that it breaks off are nobody's error.
    const onError = (error: Error, peer?: Peer) => {
      if (server.listening) events.acceptError(error, peer);
    };
    server.on('error', (error) => onError(error));
    const turnedAway = new TurnedAway(server.maxConnections, onError);
    server.on('drop', () => turnedAway.add());
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      const peer = peers?.peerOf(socket);
      this.#judgeHandshake(error, socket, (judged) => {
        // After a handshake that took too long Node leaves the socket open.
        socket.destroy();
        onError(refusedClientError(judged, peer, socket), peer);
      });
    });
  }

  async close(): Promise<void> {
    // Its callback would wait for every accepted socket to close; the port is free as soon as close() returns.
    this.#server.close();
    for (const socket of this.#handshaking.values()) socket.destroy();
    await whenHandlesAreClosed();
  }

  /**
   * A handshake has failed; or Node's timer for it has fired, perhaps since the process was busy for longer. That one gets a
   * turn in which what has come is read, and where something had, its time once more.
   */
  #judgeHandshake(error: Error, socket: Socket, fail: (error: Error) => void): void {
    const { code } = error as Error & { code?: string };
    const connection = this.#handshaking.get(remoteOf(socket));
    if (code !== 'ERR_TLS_HANDSHAKE_TIMEOUT' || connection === undefined) {
      fail(error);
      return;
    }
    const { bytesRead } = connection;
    // Otherwise it is done, or gone.
    const failIfWaiting = () => {
      if (this.#handshaking.get(remoteOf(socket)) === connection && !socket.destroyed) fail(error);
    };
    inNextTurn(systemClock, () => {
      if (connection.bytesRead === bytesRead) failIfWaiting();
      else socket.setTimeout(this.#handshakeTimeoutMs, failIfWaiting);
    });
  }

  #handshakeStarted(socket: Socket): void {
    const remote = remoteOf(socket);
    this.#handshaking.set(remote, socket);
    socket.on('close', () => {
      if (this.#handshaking.get(remote) === socket) this.#handshaking.delete(remote);
    });
  }
}

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
