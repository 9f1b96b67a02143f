import type { Socket } from 'node:net';
import type { ProcessHolder } from '../../base/process-hold.ts';
import { formatAddress } from './address.ts';
import { rememberSocket } from './open-sockets.ts';
import { type Peer, peerOf } from './peer.ts';
import type { ReadInPlace } from './read-in-place.ts';
import { plainTlsError } from './tls-error.ts';
import type { ByteStream, ByteStreamConsumer } from './transport.ts';

/** A connected TCP or TLS socket as a {@link ByteStream}. */
export class SocketStream implements ByteStream {
  readonly remoteAddress: string;

  readonly #socket: Socket;
  readonly #inPlace: ReadInPlace | undefined;
  #consumer: ByteStreamConsumer | undefined;
  #error: Error | undefined;
  #peer: Peer | undefined;
  /** Whether a write has returned `false` and `drained` is owed for it. */
  #drainedOwed = false;

  /** @param inPlace - what the socket reads by, if not by its `data` events: it is paused until the stream is opened. */
  constructor(socket: Socket, inPlace?: ReadInPlace) {
    this.#socket = socket;
    this.#inPlace = inPlace;
    this.remoteAddress = formatAddress(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0);
    socket.on('error', (error) => {
      this.#error ??= plainTlsError(error, this.remoteAddress);
    });
    socket.on('close', () => this.#consumer?.closed(this.#error));
  }

  get peer(): Peer {
    this.#peer ??= peerOf(this.#socket, this.remoteAddress);
    return this.#peer;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  open(consumer: ByteStreamConsumer): void {
    this.#consumer = consumer;
    if (this.#socket.closed) {
      consumer.closed(this.#error);
      return;
    }
    if (this.#inPlace !== undefined) {
      this.#inPlace.consume = this.#onData;
      this.#socket.resume();
      return;
    }
    // Until now nobody listened, so that the socket has kept what came, and stopped reading once that was enough.
    this.#socket.on('data', this.#onData);
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    if (!socket.writable) return false;
    socket.write(bytes, this.#onWritten);
    // TCP: the kernel has taken all of it, or the rest waits in this very memory. TLS: Node encrypts at once but reports
    // it later, so that this is `false` every time; the bytes of the next turn meanwhile gather into one record.
    if (socket.writableLength === 0) return true;
    this.#drainedOwed = true;
    return false;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    // Reading goes on, into nothing: closing over unread bytes would make the kernel reset the connection, and the peer
    // lose what it has not read yet; and the peer's own goodbye would not be seen.
    if (this.#inPlace === undefined) socket.off('data', this.#onData);
    else this.#inPlace.consume = undefined;
    socket.end();
    socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (bytes: Buffer): void => {
    this.#consumer?.data(bytes);
  };

  /** Called for every write: a little later also for those that returned `true`, and for what a destroyed socket drops. */
  readonly #onWritten = (error?: Error | null): void => {
    const socket = this.#socket;
    if (error || !this.#drainedOwed || socket.writableLength > 0 || socket.destroyed) return;
    this.#drainedOwed = false;
    this.#consumer?.drained();
  };
}

/** Tells of a socket that is being opened; twice, since one that tries several IP addresses has another handle for each. */
export function holdWith(socket: Socket, holds: (holder: ProcessHolder) => void): void {
  holds(socket);
  socket.once('connect', () => holds(socket));
}

/**
 * Waits for a socket that is being opened. Takes the socket over: whatever goes wrong, it is destroyed.
 *
 * @param ready - the event that says that the socket can be used.
 * @param inPlace - what the socket reads by, if not by its `data` events.
 */
export function whenConnected(
  socket: Socket,
  ready: 'connect' | 'secureConnect',
  signal: AbortSignal,
  inPlace?: ReadInPlace,
): Promise<ByteStream> {
  rememberSocket(socket);
  return new Promise((resolve, reject) => {
    let failure: unknown = new Error('the connection was closed while it was being opened');
    const onReady = () => {
      leave();
      // Nobody keeps what is read in place: it comes once there is a consumer.
      if (inPlace !== undefined) socket.pause();
      resolve(new SocketStream(socket, inPlace));
    };
    const onError = (error: Error) => {
      failure = error;
    };
    const onAbort = () => {
      leave();
      // A socket that fails while it is being destroyed must have someone to tell.
      socket.on('error', () => {});
      socket.destroy();
      reject(signal.reason);
    };
    const onClose = () => {
      leave();
      reject(failure);
    };
    const leave = () => {
      socket.off(ready, onReady).off('error', onError).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    socket.on(ready, onReady).on('error', onError).on('close', onClose);
    signal.addEventListener('abort', onAbort);
  });
}
