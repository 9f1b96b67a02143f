import type { TimerHandle } from '../system/clock.ts';
import type { ByteStream, ByteStreamConsumer } from '../transport/transport.ts';
import type { Pipe, PipeContext, PipeEnd } from './pipe.ts';

/** A process that reads slowly looks for bytes so often. */
const SLOW_READ_MS = 10;

/**
 * One end of a simulated connection. It behaves as a socket does, and hides no misuse that a socket would punish: bytes
 * that find no room stay in the writer's memory, and what `data` got is overwritten after the call.
 */
export class SimulatedStream implements ByteStream, PipeEnd {
  readonly remoteAddress: string;
  /** The machine that this end is on. */
  readonly host: string;
  /** Called once the connection is over at this end. */
  onOver: ((stream: SimulatedStream) => void) | undefined;

  readonly #context: PipeContext;
  readonly #who: string;
  readonly #out: Pipe;
  readonly #in: Pipe;
  #consumer: ByteStreamConsumer | undefined;

  /** Bytes that have arrived and are not read. */
  #inbox: Buffer[] = [];
  #inboxBytes = 0;
  /** The part of a write that there is no room for yet; the writer's own memory. */
  #waiting: Buffer | undefined;
  #drainedOwed = false;

  #paused = false;
  /** When a process that reads slowly reads again. */
  #readsAgainMs = 0;
  #pump: TimerHandle;
  #pumpAtMs = 0;
  #writableEnded = false;
  #goodbyeSent = false;
  #goodbyeReceived = false;
  #over = false;
  #closedTold = false;
  #error: Error | undefined;

  constructor(context: PipeContext, who: string, host: string, remoteAddress: string, out: Pipe, incoming: Pipe) {
    this.#context = context;
    this.#who = who;
    this.host = host;
    this.remoteAddress = remoteAddress;
    this.#out = out;
    this.#in = incoming;
    out.sender = this;
    incoming.receiver = this;
  }

  get bufferedBytes(): number {
    return this.#waiting?.length ?? 0;
  }

  open(consumer: ByteStreamConsumer): void {
    this.#consumer = consumer;
    this.#pumpSoon();
  }

  write(bytes: Buffer): boolean {
    if (this.#over || this.#writableEnded) return false;
    this.#waiting = bytes;
    this.#moveWaiting();
    if (this.#waiting === undefined) return true;
    this.#drainedOwed = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#pumpSoon();
  }

  end(): void {
    if (this.#over || this.#writableEnded) return;
    this.#writableEnded = true;
    // Reading goes on, into nothing, so that the peer's goodbye is seen.
    this.#paused = false;
    this.#moveWaiting();
    this.#pumpSoon();
  }

  destroy(): void {
    if (this.#over) return;
    if (this.#inboxBytes > 0) this.#out.sign('rst');
    else if (!this.#goodbyeSent) this.#out.sign('fin');
    this.#finish(undefined);
  }

  /** The connection is reset at this end; `tell`: the other end is told. */
  reset(tell: boolean): void {
    if (this.#over) return;
    if (tell) this.#out.sign('rst');
    this.#finish(systemError('read', 'ECONNRESET'));
  }

  /** How fast this end reads may have changed. */
  readAgain(): void {
    this.#pumpSoon();
  }

  // ---- PipeEnd

  arrivedBytes(bytes: Buffer): void {
    if (this.#over) {
      // As with TCP: what comes to an end that is gone is answered by a reset.
      this.#out.sign('rst');
      return;
    }
    this.#inbox.push(bytes);
    this.#inboxBytes += bytes.length;
  }

  arrivedSign(sign: 'fin' | 'rst'): void {
    if (sign === 'fin') this.#goodbyeReceived = true;
    else this.#finish(systemError('read', 'ECONNRESET'));
  }

  arrivedAll(): void {
    this.#tell();
  }

  roomCame(): void {
    this.#moveWaiting();
    this.#tell();
  }

  /** Moves what waits into the pipe, as far as there is room, and the goodbye behind it. */
  #moveWaiting(): void {
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      const room = this.#out.roomFor(waiting.length);
      if (room > 0) this.#out.take(waiting.subarray(0, room));
      if (room < waiting.length) {
        this.#waiting = waiting.subarray(room);
        return;
      }
      this.#waiting = undefined;
      if (this.#drainedOwed) this.#pumpSoon();
    }
    if (this.#writableEnded && !this.#goodbyeSent) {
      this.#goodbyeSent = true;
      this.#out.sign('fin');
      this.#pumpSoon();
    }
  }

  /** Never from within a call of the consumer's: a moment later, at the same time. */
  #pumpSoon(delayMs = 0): void {
    const atMs = this.#context.clock.monotonicMs() + delayMs;
    if (this.#pump !== undefined) {
      if (this.#pumpAtMs <= atMs) return;
      this.#context.clock.clearTimeout(this.#pump);
    }
    this.#pumpAtMs = atMs;
    this.#pump = this.#context.clock.at(atMs, this.#onPump);
  }

  readonly #onPump = (): void => {
    this.#pump = undefined;
    this.#tell();
  };

  /** Tells the consumer what has happened. */
  #tell(): void {
    const consumer = this.#consumer;
    if (consumer === undefined) return;
    if (!this.#over) this.#deliver(consumer);
    if (this.#drainedOwed && this.#waiting === undefined && !this.#over) {
      this.#drainedOwed = false;
      consumer.drained();
    }
    if (!this.#over && this.#goodbyeReceived && this.#inboxBytes === 0) {
      // No half-open connections: the peer's goodbye is answered by one's own, behind what waits.
      this.end();
      if (this.#goodbyeSent) this.#finish(undefined);
    }
    if (this.#over && !this.#closedTold) {
      this.#closedTold = true;
      consumer.closed(this.#error);
    }
  }

  #deliver(consumer: ByteStreamConsumer): void {
    const { readRate } = this.#in.state;
    if (readRate !== Number.POSITIVE_INFINITY) {
      this.#deliverSlowly(consumer, readRate);
      return;
    }
    while (this.#inboxBytes > 0 && !this.#paused && !this.#over) {
      const [first] = this.#inbox;
      const bytes = this.#inbox.length === 1 ? (first as Buffer) : Buffer.concat(this.#inbox);
      this.#inbox = [];
      this.#inboxBytes = 0;
      this.#hand(consumer, bytes);
    }
  }

  #deliverSlowly(consumer: ByteStreamConsumer, bytesPerSecond: number): void {
    if (this.#inboxBytes === 0 || this.#paused || bytesPerSecond === 0) return;
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs < this.#readsAgainMs) {
      this.#pumpSoon(this.#readsAgainMs - nowMs);
      return;
    }
    const all = Buffer.concat(this.#inbox);
    const bytes = all.subarray(0, Math.max(1, Math.floor((bytesPerSecond * SLOW_READ_MS) / 1000)));
    const rest = all.subarray(bytes.length);
    this.#inbox = rest.length > 0 ? [rest] : [];
    this.#inboxBytes = rest.length;
    const takesMs = (bytes.length * 1000) / bytesPerSecond;
    this.#readsAgainMs = nowMs + takesMs;
    this.#hand(consumer, bytes);
    if (rest.length > 0) this.#pumpSoon(takesMs);
  }

  #hand(consumer: ByteStreamConsumer, bytes: Buffer): void {
    this.#in.read(bytes.length);
    if (this.#writableEnded) return;
    consumer.data(bytes);
    // The memory was the consumer's only during the call.
    bytes.fill(0xdb);
  }

  #finish(error: Error | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#waiting = undefined;
    this.#inbox = [];
    this.#inboxBytes = 0;
    const code = error === undefined ? {} : { code: 'ECONNRESET' };
    this.#context.log.add('net.closed', this.#who, { at: this.host, ...code });
    this.onOver?.(this);
    this.#pumpSoon();
  }
}

/** An error as Node makes it of one of the system's. */
export function systemError(call: string, code: string, what = ''): Error {
  return Object.assign(new Error(`${call} ${code}${what === '' ? '' : ` ${what}`}`), { code, syscall: call });
}
