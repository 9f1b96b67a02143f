import type { Clock } from '../base/clock.ts';
import type { Flow } from '../wire/frame-channel.ts';
import type { FlowBound } from '../wire/write-flow.ts';

/** So many bytes may be on their way before the broker is asked whether it has them. */
const ASK_BYTES = 64 * 1024;

/** Sending side of a connection to a broker. */
export interface Asked {
  /** Asks the broker whether it has all that was sent before; rejects where the connection goes. */
  flush(): Promise<void>;
  /** The flow was full, and has room again. */
  drained(): void;
}

/** The {@link Flow} to a broker: what it has not confirmed waits, wherever that is. */
export class BrokerFlow implements Flow {
  lastFlushedSeq = 0;
  sentBytes = 0;
  /** When the broker was last asked; it is heard of, or not, from then on. */
  lastSentMs: number;
  readonly #asked: Asked;
  readonly #bound: FlowBound;
  readonly #clock: Clock;
  readonly #askBytes: number;
  #confirmedBytes = 0;
  #asking = 0;
  /** Whether somebody may have seen it full, and waits to be told of its relief. */
  #mayBeFull = false;

  constructor(asked: Asked, bound: FlowBound, clock: Clock) {
    this.#asked = asked;
    this.#bound = bound;
    this.#clock = clock;
    this.#askBytes = Math.min(ASK_BYTES, bound.leastBytes / 4);
    this.lastSentMs = clock.monotonicMs();
  }

  get bufferedBytes(): number {
    return this.sentBytes - this.#confirmedBytes;
  }

  get isFull(): boolean {
    return this.bufferedBytes >= this.#bound.bytes;
  }

  /** So many bytes have left, for the Command `seq`. */
  left(bytes: number, seq: number): void {
    this.lastFlushedSeq = seq;
    this.sentBytes += bytes;
    if (this.bufferedBytes < this.#askBytes) return;
    if (this.bufferedBytes >= this.#bound.leastBytes) this.#mayBeFull = true;
    if (this.#asking === 0) void this.confirm();
  }

  /** Resolves with whether the broker has all that was sent before; with `false` where the connection goes. */
  async confirm(): Promise<boolean> {
    const { sentBytes } = this;
    this.lastSentMs = this.#clock.monotonicMs();
    this.#asking++;
    try {
      await this.#asked.flush();
    } catch {
      return false;
    } finally {
      this.#asking--;
    }
    this.#confirmedBytes = Math.max(this.#confirmedBytes, sentBytes);
    if (this.#asking === 0 && this.bufferedBytes >= this.#askBytes) void this.confirm();
    this.#tellRelief();
    return true;
  }

  #tellRelief(): void {
    if (!this.#mayBeFull || this.bufferedBytes > this.#bound.bytes / 2) return;
    this.#mayBeFull = false;
    this.#asked.drained();
  }
}
