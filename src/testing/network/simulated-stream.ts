import type { TimerHandle } from '../../base/clock.ts';
import { StreamEnd } from '../../wire/transport/stream-end.ts';
import { systemError } from '../../wire/transport/system-error.ts';
import type { ByteStreamConsumer } from '../../wire/transport/transport.ts';
import type { Pipe, PipeContext, PipeEnd } from './pipe.ts';

/** A process that reads slowly looks for bytes so often. */
const SLOW_READ_MS = 10;

/**
 * One end of a simulated connection. Beyond what any end without a socket does, what `data` got is overwritten after the
 * call, and a process can be made to read slowly.
 */
export class SimulatedStream extends StreamEnd implements PipeEnd {
  /** The machine that this end is on. */
  readonly host: string;

  readonly #context: PipeContext;
  readonly #who: string;
  readonly #out: Pipe;
  readonly #in: Pipe;
  /** When a process that reads slowly reads again. */
  #readsAgainMs = 0;
  #tellTimer: TimerHandle;
  #tellAtMs = 0;

  constructor(context: PipeContext, who: string, host: string, remoteAddress: string, out: Pipe, incoming: Pipe) {
    super(remoteAddress);
    this.#context = context;
    this.#who = who;
    this.host = host;
    this.#out = out;
    this.#in = incoming;
    out.sender = this;
    incoming.receiver = this;
  }

  override destroy(): void {
    if (this.over) return;
    if (this.inboxBytes > 0) this.#out.sign('rst');
    else if (!this.goodbyeSent) this.#out.sign('fin');
    this.finish(undefined);
  }

  /** The connection is reset at this end; `tell`: the other end is told. */
  reset(tell: boolean): void {
    if (this.over) return;
    if (tell) this.#out.sign('rst');
    this.finish(systemError('read', 'ECONNRESET'));
  }

  /** How fast this end reads may have changed. */
  readAgain(): void {
    this.tellSoon();
  }

  // ---- PipeEnd

  arrivedBytes(bytes: Buffer): void {
    if (this.over) {
      // As with TCP: what comes to an end that is gone is answered by a reset.
      this.#out.sign('rst');
      return;
    }
    this.inbox.push(bytes);
    this.inboxBytes += bytes.length;
  }

  arrivedSign(sign: 'fin' | 'rst'): void {
    if (sign === 'fin') this.receiveGoodbye();
    else this.finish(systemError('read', 'ECONNRESET'));
  }

  arrivedAll(): void {
    this.tell();
  }

  roomCame(): void {
    this.moveWaiting();
    this.tell();
  }

  // ---- StreamEnd

  protected override send(bytes: Buffer): number {
    return this.#out.take(bytes);
  }

  protected override sendGoodbye(): void {
    this.#out.sign('fin');
  }

  /** At the same time, unless a delay is given. */
  protected override tellSoon(delayMs = 0): void {
    const atMs = this.#context.clock.monotonicMs() + delayMs;
    if (this.#tellTimer !== undefined) {
      if (this.#tellAtMs <= atMs) return;
      this.#context.clock.clearTimeout(this.#tellTimer);
    }
    this.#tellAtMs = atMs;
    this.#tellTimer = this.#context.clock.at(atMs, this.#onTellTimer);
  }

  readonly #onTellTimer = (): void => {
    this.#tellTimer = undefined;
    this.tell();
  };

  protected override deliver(consumer: ByteStreamConsumer): void {
    const { readRate } = this.#in.state;
    if (readRate !== Number.POSITIVE_INFINITY) {
      this.#deliverSlowly(consumer, readRate);
      return;
    }
    while (this.inboxBytes > 0 && !this.paused && !this.over) {
      const [first] = this.inbox;
      const bytes = this.inbox.length === 1 ? (first as Buffer) : Buffer.concat(this.inbox);
      this.inbox = [];
      this.inboxBytes = 0;
      this.#hand(consumer, bytes);
    }
  }

  #deliverSlowly(consumer: ByteStreamConsumer, bytesPerSecond: number): void {
    if (this.inboxBytes === 0 || this.paused || bytesPerSecond === 0) return;
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs < this.#readsAgainMs) {
      this.tellSoon(this.#readsAgainMs - nowMs);
      return;
    }
    const all = Buffer.concat(this.inbox);
    const bytes = all.subarray(0, Math.max(1, Math.floor((bytesPerSecond * SLOW_READ_MS) / 1000)));
    const rest = all.subarray(bytes.length);
    this.inbox = rest.length > 0 ? [rest] : [];
    this.inboxBytes = rest.length;
    const takesMs = (bytes.length * 1000) / bytesPerSecond;
    this.#readsAgainMs = nowMs + takesMs;
    this.#hand(consumer, bytes);
    if (rest.length > 0) this.tellSoon(takesMs);
  }

  #hand(consumer: ByteStreamConsumer, bytes: Buffer): void {
    this.#in.read(bytes.length);
    if (this.writableEnded) return;
    consumer.data(bytes);
    // The memory was the consumer's only during the call.
    bytes.fill(0xdb);
  }

  protected override finish(error: Error | undefined): void {
    if (this.over) return;
    const code = error === undefined ? {} : { code: 'ECONNRESET' };
    this.#context.log.add('net.closed', this.#who, { at: this.host, ...code });
    super.finish(error);
  }
}
