import { MAX_HEADER_BYTES } from '../../../src/wire/frame-size.ts';
import { KeptBytes } from '../../../src/wire/kept-bytes.ts';
import type { ByteStream, ByteStreamConsumer } from '../../../src/wire/transport/transport.ts';
import { MAX_FRAME_BYTES } from './outcome.ts';
import { longestControl } from './reference.ts';

/** What the library may keep of a frame that has not come whole. */
export const MAX_KEPT_BYTES = MAX_FRAME_BYTES + MAX_HEADER_BYTES;

/** The bytes that were kept last, by whoever kept them: seen from outside, so that a leak cannot hide. */
let lastKept: KeptBytes | undefined;
const append = KeptBytes.prototype.append;
KeptBytes.prototype.append = function (bytes) {
  lastKept = this;
  append.call(this, bytes);
};

/** How the bytes of a case arrive. */
export interface Delivery {
  /** Where the stream is cut, in order. */
  readonly cuts: readonly number[];
  /** After which of the cuts everything else in the process has its turn. */
  readonly yieldEvery: number;
  /** Whether what is written is left lying until reading stops for want of room. */
  readonly takesSlowly: boolean;
}

/** A byte stream of which a fuzz case is the other end. */
export class FuzzStream implements ByteStream {
  readonly remoteAddress = '192.0.2.7:9000';
  readonly written: Buffer[] = [];
  bufferedBytes = 0;
  /** The most memory that was held for received bytes. */
  mostKeptMemory = 0;
  /** Whether nobody reads frames yet: what comes behind a ServerInfo then waits, looked at by nobody. */
  handshaking = false;

  readonly #takesSlowly: boolean;
  #consumer: ByteStreamConsumer | undefined;
  /** A frame of the extension has a limit of its own. */
  #longestControl = 0;
  #paused = false;
  #over = false;

  constructor(takesSlowly: boolean) {
    this.#takesSlowly = takesSlowly;
    lastKept = undefined;
  }

  open(consumer: ByteStreamConsumer): void {
    this.#consumer = consumer;
  }

  write(bytes: Buffer): boolean {
    if (this.bufferedBytes > 0) throw new Error('written to while a write waits');
    this.written.push(Buffer.from(bytes));
    if (!this.#takesSlowly) return true;
    this.bufferedBytes = bytes.length;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  end(): void {
    this.#over = true;
  }

  destroy(): void {
    this.#over = true;
  }

  /** Plays the other end to the end. `flush` makes the library write what it has gathered, and says whether it had any. */
  async play(bytes: Buffer, { cuts, yieldEvery }: Delivery, flush: () => boolean): Promise<void> {
    for (let turns = 0; this.#consumer === undefined; turns++) await patience(turns);
    const consumer = this.#consumer;
    this.#longestControl = longestControl(bytes);
    let start = 0;
    for (const [index, end] of [...cuts, bytes.length].entries()) {
      for (let turns = 0; this.#paused && !this.#over; turns++) {
        await patience(turns);
        flush();
        this.#drain();
      }
      if (this.#over) break;
      // In memory that is another's afterwards, as a socket's is.
      const piece = Buffer.from(bytes.subarray(start, end));
      consumer.data(piece);
      piece.fill(0xdd);
      this.#measure(piece.length);
      start = end;
      if (index % yieldEvery === 0) {
        await turn();
        flush();
      }
    }
    await turn();
    // What waits for room goes out bit by bit.
    for (let turns = 0; !this.#over && (flush() || this.bufferedBytes > 0 || this.#paused); turns++) {
      this.#drain();
      // What is answered by a promise is written a little later.
      await patience(turns);
    }
    this.#over = true;
    consumer.closed(undefined);
    await turn();
  }

  #drain(): void {
    if (this.bufferedBytes === 0 || this.#over) return;
    this.bufferedBytes = 0;
    this.#consumer?.drained();
  }

  #measure(pieceBytes: number): void {
    if (lastKept === undefined) return;
    this.mostKeptMemory = Math.max(this.mostKeptMemory, lastKept.buffer.length);
    // What came while nobody reads is not looked at yet: a piece, since reading stops then.
    const most = MAX_KEPT_BYTES + this.#longestControl + (this.#paused || this.handshaking ? pieceBytes : 0);
    if (!this.#over && lastKept.length > most) throw new Error(`${lastKept.length} bytes are kept, more than ${most}`);
  }
}

/** Lets everything in the process have its turn. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The same; fails after many turns, since nothing here waits for time or for others. */
async function patience(turns: number): Promise<void> {
  if (turns > 10_000) throw new Error('reading has stopped for ever');
  await turn();
}
