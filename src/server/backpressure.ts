import type { Clock } from '../system/clock.ts';
import type { FrameChannel } from '../wire/frame-channel.ts';

/**
 * Keeps what one connection makes the server hold within bounds: leaves Commands with the network while too many are in
 * flight, the client takes its Results too slowly, or it is the turn of others, and keeps Results waiting meanwhile.
 */
export class Backpressure {
  readonly #channel: FrameChannel;
  readonly #maxInFlight: number;
  readonly #clock: Clock;

  #inFlight = 0;
  /** Whether Commands are read. */
  #reading = true;
  /** Whether the channel was full and has not said since that it has room. */
  #full = false;
  /** Whether others have their turn first. */
  #held = false;
  /** When `#reading` changed last (monotonic milliseconds). */
  #changedMs = 0;
  #waiting: (() => void)[] = [];

  constructor(channel: FrameChannel, maxInFlight: number, clock: Clock) {
    this.#channel = channel;
    this.#maxInFlight = maxInFlight;
    this.#clock = clock;
  }

  /** Commands that are not answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Since when nothing has come (monotonic milliseconds); never, where it is this side that does not read. */
  get silentSinceMs(): number {
    if (!this.#reading && !this.#full) return Number.POSITIVE_INFINITY;
    return Math.max(this.#channel.lastReceivedMs, this.#changedMs);
  }

  /** A Command has arrived. To be followed by {@link regulate} once its handler has been called. */
  started(): void {
    this.#inFlight++;
  }

  /** A Command has been answered. */
  settled(): void {
    this.#inFlight--;
    if (!this.#reading) this.regulate();
  }

  /** Something has been sent. */
  sent(): void {
    if (this.#channel.full) this.regulate();
  }

  /** The channel has room again. */
  drained(): void {
    this.#full = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    let released = 0;
    while (released < waiting.length && !this.#channel.full) waiting[released++]?.();
    if (released < waiting.length) this.#waiting = waiting.slice(released).concat(this.#waiting);
    this.regulate();
  }

  /** Calls back once there is room, or at the end. */
  whenRoom(goOn: () => void): void {
    this.#waiting.push(goOn);
  }

  /** The end: nothing is worth waiting for any more. */
  releaseAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  }

  /** Reads no more Commands until {@link release}: it is the turn of other connections. */
  hold(): void {
    this.#held = true;
    this.regulate();
  }

  /** The turn of the others is over. */
  release(): void {
    this.#held = false;
    this.regulate();
  }

  /** Reads Commands while there is room for them and their Results. */
  regulate(): void {
    if (this.#channel.full) this.#full = true;
    const read = !this.#full && !this.#held && this.#inFlight < this.#maxInFlight;
    if (read === this.#reading) return;
    this.#reading = read;
    this.#changedMs = this.#clock.monotonicMs();
    if (read) this.#channel.resume();
    else this.#channel.pause();
  }
}
