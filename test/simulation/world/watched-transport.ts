import type { Clock, Transport } from '../../../src/index.ts';
import type { EventLog } from '../../../src/testing.ts';
import type { ByteStream, ByteStreamConsumer } from '../../../src/transport.ts';

/**
 * The sender's way into the network, watched from outside: logs `socket.end` with how long the connection was silent at
 * most, and knows what is still open.
 */
export class WatchedTransport implements Transport {
  readonly name = 'simulated';
  /** Connections that are open. */
  open = 0;
  readonly #inner: Transport;
  readonly #clock: Clock;
  readonly #log: EventLog;
  readonly #dials = new Set<AbortSignal>();
  #count = 0;

  constructor(inner: Transport, clock: Clock, log: EventLog) {
    this.#inner = inner;
    this.#clock = clock;
    this.#log = log;
  }

  /** Dials under way that were not called off. */
  get dialling(): number {
    return [...this.#dials].filter(({ aborted }) => !aborted).length;
  }

  async connect(address: string, signal: AbortSignal): Promise<ByteStream> {
    this.#dials.add(signal);
    try {
      const stream = await this.#inner.connect(address, signal);
      this.open++;
      return new WatchedStream(stream, this.#clock, (silence) => {
        this.open--;
        this.#log.add('socket.end', `socket ${++this.#count}`, { address, ...silence });
      });
    } finally {
      this.#dials.delete(signal);
    }
  }

  listen: Transport['listen'] = (options, events) => this.#inner.listen(options, events);
}

interface Silence {
  /** How long nothing arrived, at the longest, and from when on. */
  readonly silentMs: number;
  readonly sinceMs: number;
  /** When it was opened. */
  readonly openedMs: number;
  /** Whether it was not read for a while. */
  readonly paused: boolean;
  /** What was sent and received over it. */
  readonly bytes: number;
}

class WatchedStream implements ByteStream {
  readonly #inner: ByteStream;
  readonly #clock: Clock;
  readonly #openedMs: number;
  #end: ((silence: Silence) => void) | undefined;
  #lastMs: number;
  #silentMs = 0;
  #bytes = 0;
  #sinceMs = 0;
  #paused = false;

  constructor(inner: ByteStream, clock: Clock, end: (silence: Silence) => void) {
    this.#inner = inner;
    this.#clock = clock;
    this.#end = end;
    this.#openedMs = clock.monotonicMs();
    this.#lastMs = this.#openedMs;
  }

  get remoteAddress(): string {
    return this.#inner.remoteAddress;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  open(consumer: ByteStreamConsumer): void {
    this.#inner.open({
      data: (bytes) => {
        this.#heard();
        this.#bytes += bytes.length;
        consumer.data(bytes);
      },
      drained: () => consumer.drained(),
      closed: (error) => {
        this.#over();
        consumer.closed(error);
      },
    });
  }

  write(bytes: Buffer): boolean {
    this.#bytes += bytes.length;
    return this.#inner.write(bytes);
  }

  pause(): void {
    this.#paused = true;
    this.#inner.pause();
  }

  resume(): void {
    this.#inner.resume();
  }

  end(): void {
    this.#inner.end();
  }

  destroy(): void {
    this.#over();
    this.#inner.destroy();
  }

  #heard(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastMs > this.#silentMs) {
      this.#silentMs = nowMs - this.#lastMs;
      this.#sinceMs = this.#lastMs;
    }
    this.#lastMs = nowMs;
  }

  #over(): void {
    const end = this.#end;
    this.#end = undefined;
    if (end === undefined) return;
    this.#heard();
    const [silentMs, sinceMs, openedMs] = [this.#silentMs, this.#sinceMs, this.#openedMs];
    end({ silentMs, sinceMs, openedMs, paused: this.#paused, bytes: this.#bytes });
  }
}
