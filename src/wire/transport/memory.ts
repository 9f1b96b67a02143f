import { type Defer, deferToNextTurn, systemClock } from '../../base/clock.ts';
import { optionNames, wholeNumber } from '../../base/options/check.ts';
import { paced } from '../../base/refusal-pace.ts';
import { formatAddress, parseAddress } from './address.ts';
import { FreePorts } from './free-ports.ts';
import { MemoryStream } from './memory-stream.ts';
import { systemError } from './system-error.ts';
import type { ByteStream, Listener, ListenerEvents, ListenOptions, Transport } from './transport.ts';
import { TurnedAway } from './turned-away.ts';

/** Options of {@link memoryTransport}. */
export interface MemoryOptions {
  /**
   * As many bytes travel in one direction of a connection at a time; what is written beyond waits with its writer.
   * Default 65,536.
   */
  readonly maxInFlightBytes?: number | undefined;
  /** When bytes and events are delivered. Default: in the next turn of the event loop. */
  readonly defer?: Defer | undefined;
}

/**
 * Connections within one process, without any socket: for tests, and for a client and a server that live together.
 * `connect` reaches what listens on the same transport object. The names of this machine (`localhost`, `127.0.0.1`,
 * `::1`) are one; `0.0.0.0` and `::` listen under every name.
 *
 * @example
 * ```ts
 * const transport = memoryTransport();
 * await using server = await serve(calc, receiver, handlers, { transport, port: 9000 });
 * await using sender = await createSender(calc, { transport, address: 'localhost:9000' });
 * ```
 */
export function memoryTransport(options: MemoryOptions = {}): Transport {
  optionNames('the options of memoryTransport()', options, ['maxInFlightBytes', 'defer']);
  return new MemoryTransport(
    wholeNumber('maxInFlightBytes', options.maxInFlightBytes, 65_536),
    options.defer ?? deferToNextTurn,
  );
}

class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly #maxInFlightBytes: number;
  readonly #defer: Defer;
  readonly #listeners = new Map<string, MemoryListener>();
  readonly #ports = new FreePorts();

  constructor(maxInFlightBytes: number, defer: Defer) {
    this.#maxInFlightBytes = maxInFlightBytes;
    this.#defer = defer;
  }

  connect(address: string, signal: AbortSignal): Promise<ByteStream> {
    return paced(systemClock, this.#connect(address, signal));
  }

  listen(options: ListenOptions, events: ListenerEvents): Promise<Listener> {
    return paced(systemClock, this.#listen(options, events));
  }

  async #connect(address: string, signal: AbortSignal): Promise<ByteStream> {
    const { host, port } = parseAddress(address);
    await new Promise<void>((resolve) => this.#defer(resolve));
    signal.throwIfAborted();
    const listener = this.#listeners.get(key(host, port)) ?? this.#listeners.get(key('0.0.0.0', port));
    if (listener === undefined) throw systemError('connect', 'ECONNREFUSED', formatAddress(host, port));
    const [client, server] = MemoryStream.pair(formatAddress(host, this.#ports.next()), formatAddress(host, port), {
      defer: this.#defer,
      maxInFlightBytes: this.#maxInFlightBytes,
    });
    listener.accept(server);
    return client;
  }

  async #listen(options: ListenOptions, events: ListenerEvents): Promise<Listener> {
    const isTaken = (port: number) => this.#listeners.has(key(options.host, port));
    const port = options.port === 0 ? this.#ports.next(isTaken) : options.port;
    const name = key(options.host, port);
    const address = formatAddress(options.host, port);
    if (isTaken(port)) throw systemError('listen', 'EADDRINUSE', address);
    const listener = new MemoryListener(address, options.maxConnections, events, () => {
      // A second close must not take the port from the one who has it now.
      if (this.#listeners.get(name) === listener) this.#listeners.delete(name);
    });
    this.#listeners.set(name, listener);
    return listener;
  }
}

class MemoryListener implements Listener {
  readonly address: string;
  readonly #maxConnections: number;
  readonly #events: ListenerEvents;
  readonly #remove: () => void;
  readonly #turnedAway: TurnedAway;
  #accepted = 0;

  constructor(address: string, maxConnections: number, events: ListenerEvents, remove: () => void) {
    this.address = address;
    this.#maxConnections = maxConnections;
    this.#events = events;
    this.#remove = remove;
    this.#turnedAway = new TurnedAway(maxConnections, (error) => events.acceptError(error));
  }

  accept(stream: MemoryStream): void {
    if (this.#accepted >= this.#maxConnections) {
      stream.destroy();
      this.#turnedAway.add();
      return;
    }
    this.#accepted++;
    stream.onOver = () => this.#accepted--;
    this.#events.connection(stream);
  }

  async close(): Promise<void> {
    this.#remove();
  }
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];
const EVERY_HOST = ['0.0.0.0', '::', ''];

function key(host: string, port: number): string {
  if (LOOPBACK.includes(host)) return `localhost:${port}`;
  return EVERY_HOST.includes(host) ? `*:${port}` : formatAddress(host.toLowerCase(), port);
}
