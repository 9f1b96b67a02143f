import type { ProcessHolder } from '../../base/process-hold.ts';
import type { Peer } from './peer.ts';
import type { ServerTlsOptions } from './tls-options.ts';

/** Events of a {@link ByteStream} for the one who reads it; never told from within a call of `write`, `pause` or `resume`. */
export interface ByteStreamConsumer {
  /** Bytes have arrived. The memory belongs to the consumer only during the call. */
  data(bytes: Buffer): void;
  /** A write that returned `false` has been taken. */
  drained(): void;
  /** The stream is over, in both directions; called exactly once, with the reason unless it ended in order. */
  closed(error: Error | undefined): void;
}

/** A connection that carries bytes in order: a TCP or TLS socket, or one end of an in-memory pair. */
export interface ByteStream {
  /** Where the other end is, for messages: `127.0.0.1:9000`. */
  readonly remoteAddress: string;
  /** Party at the other end, asked for when it is accepted. Left out, what `remoteAddress` says is all that is known. */
  readonly peer?: Peer | undefined;
  /** Starts delivering to `consumer`; called exactly once. What has happened before is delivered then. */
  open(consumer: ByteStreamConsumer): void;
  /**
   * Writes. Returns `true` when the bytes are taken and their memory may be used again at once; `false` when they wait:
   * the memory must stay untouched, and nothing more be written, until `drained`.
   */
  write(bytes: Buffer): boolean;
  /** Bytes written that wait for the network. */
  readonly bufferedBytes: number;
  /** Stops reading: the peer feels it once the buffers in between are full. */
  pause(): void;
  /** Reads again. */
  resume(): void;
  /**
   * Says goodbye: what is written still goes out, what arrives is dropped, and the stream closes once the peer has said
   * goodbye as well. A peer that does not is for `destroy`, after a time.
   */
  end(): void;
  /** Closes at once; what waits is lost. `closed` follows. Harmless when closed. */
  destroy(): void;
}

/** Something that accepts connections. */
export interface Listener {
  /** Where it listens: `127.0.0.1:9000`, with the real port where 0 was asked for. */
  readonly address: string;
  /**
   * Takes other certificates for connections that come from now on; those that are there live on. Left out where there is no TLS.
   * @throws CmdStreamError `invalid-argument`; the old ones stay then.
   */
  setTls?(tls: ServerTlsOptions): void;
  /** Stops accepting; accepted streams live on. Resolves once no more connection can come. */
  close(): Promise<void>;
}

/** Events of a {@link Listener} for the server. */
export interface ListenerEvents {
  /** A stream is ready to be used (for TLS: its handshake is done). */
  connection(stream: ByteStream): void;
  /** A connection could not be accepted (out of file descriptors, failed TLS handshake, too many); listening goes on. */
  acceptError(error: Error, peer?: Peer | undefined): void;
  /** Something keeps the process from ending from now on (what listens, a connection): for `server.unref()`. */
  holds?(holder: ProcessHolder): void;
}

/** Where a server listens. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** An accepted connection whose TLS handshake is not done within this time is closed. */
  readonly handshakeTimeoutMs: number;
  /** More connections than these are closed as soon as they are accepted. */
  readonly maxConnections: number;
}

/** How byte streams come about. */
export interface Transport {
  /** For messages: `tcp`, `tls`, `memory`. */
  readonly name: string;
  /**
   * Opens a stream to `address` (`host:port`). Rejects with the system's error; with `signal`'s reason once that fires,
   * leaving no socket behind. Calls `reached` where the other end has answered before the stream can be used (TLS), and
   * `holds` with what keeps the process from ending, as soon as there is such a thing: `sender.unref()` reaches that only.
   */
  connect(
    address: string,
    signal: AbortSignal,
    reached?: () => void,
    holds?: (holder: ProcessHolder) => void,
  ): Promise<ByteStream>;
  /** Listens. Rejects when the address cannot be had. */
  listen(options: ListenOptions, events: ListenerEvents): Promise<Listener>;
}
