import type { AddressInfo, Server, Socket } from 'node:net';
import { inNextTurn, systemClock } from '../system/clock.ts';
import { formatAddress } from './address.ts';
import { SocketStream } from './socket-stream.ts';
import { type Authorization, refusedClientError } from './tls-error.ts';
import type { Listener, ListenerEvents, ListenOptions } from './transport.ts';

/**
 * Makes a TCP or TLS server of Node listen.
 *
 * @param server - not listening yet.
 * @param ready - the event that hands over a socket that can be used: for TLS, once its handshake is done.
 */
export function listen(
  server: Server,
  ready: 'connection' | 'secureConnection',
  options: ListenOptions,
  events: ListenerEvents,
): Promise<Listener> {
  server.maxConnections = options.maxConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve(new SocketListener(server, ready, options.handshakeTimeoutMs, events));
    });
  });
}

/** How often it is told at most that connections are turned away: a flood of them would be a flood of reports. */
const TELL_EVERY_MS = 1_000;

class SocketListener implements Listener {
  readonly address: string;

  readonly #server: Server;
  readonly #handshakeTimeoutMs: number;
  /** When it was last told that a connection was turned away, and how many have been since. */
  #toldMs = Number.NEGATIVE_INFINITY;
  #untold = 0;
  /** TCP sockets whose TLS handshake is under way, by remote address. */
  readonly #handshaking = new Map<string, Socket>();

  constructor(
    server: Server,
    ready: 'connection' | 'secureConnection',
    handshakeTimeoutMs: number,
    events: ListenerEvents,
  ) {
    this.#server = server;
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
    const { address, port } = server.address() as AddressInfo;
    this.address = formatAddress(address, port);

    events.holds?.(server);
    // For TLS, too, this is the TCP socket.
    server.on('connection', (socket: Socket) => events.holds?.(socket));
    if (ready === 'secureConnection') server.on('connection', (socket: Socket) => this.#handshakeStarted(socket));
    server.on(ready, (socket: Socket) => {
      this.#handshaking.delete(remoteOf(socket));
      events.connection(new SocketStream(socket));
    });
    // `listening` is false from close() on: the handshakes that it breaks off are nobody's error.
    const onError = (error: Error) => {
      if (server.listening) events.acceptError(error);
    };
    server.on('error', onError);
    server.on('drop', () => this.#turnedAway(onError));
    server.on('tlsClientError', (error: Error, socket: Socket) => {
      this.#judgeHandshake(error, socket, (judged) => {
        // After a handshake that took too long Node leaves the socket open.
        socket.destroy();
        onError(refusedClientError(judged, socket as Authorization));
      });
    });
  }

  async close(): Promise<void> {
    // Its callback would wait for every accepted socket to close; the port is free as soon as close() returns.
    this.#server.close();
    for (const socket of this.#handshaking.values()) socket.destroy();
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

  /** A connection beyond the bound was closed as soon as it was there. */
  #turnedAway(tell: (error: Error) => void): void {
    this.#untold++;
    const nowMs = systemClock.monotonicMs();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    const others = this.#untold > 1 ? `, and ${this.#untold - 1} before it` : '';
    const bound = `there are ${this.#server.maxConnections} already (option 'maxConnections')`;
    this.#toldMs = nowMs;
    this.#untold = 0;
    tell(new Error(`${bound}${others}`));
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
