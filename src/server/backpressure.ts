import type { Clock } from '../base/clock.ts';
import type { FrameChannel } from '../wire/frame-channel.ts';
import type { Holdings } from './holdings.ts';

/** Flow of the Commands that arrive: they are taken, put aside undecoded, or left with the network. */
type Flow = 'take' | 'hold' | 'pause';

/** How much one connection may make the server hold. */
export interface BackpressureLimits {
  /** So many Commands are in flight; those beyond are put aside. */
  readonly maxInFlightCommands: number;
  /** From so many bytes of Commands that are put aside, those beyond are refused. */
  readonly maxQueuedBytes: number;
  /** Whether a Command can be refused: a client must understand it. Otherwise nothing more is read. */
  readonly canRefuse: boolean;
}

/**
 * Keeps what one connection makes the server hold within bounds. While too many Commands are in flight it goes on reading,
 * and puts those that come aside, so that Pings are answered and the end of the connection is seen. It stops reading only
 * while the client takes its Results too slowly (writing shows then whether it is still there), or for the turn of others.
 * Results wait meanwhile.
 */
export class Backpressure {
  readonly #channel: FrameChannel;
  readonly #limits: BackpressureLimits;
  readonly #holdings: Holdings;
  readonly #clock: Clock;

  #inFlight = 0;
  #flow: Flow = 'take';
  /** Whether the channel was full and has not said since that it has room. */
  #full = false;
  /** Whether others have their turn first. */
  #turnOfOthers = false;
  /** The size of a large Command that has come and that there is no room for; 0: there is none. */
  #largeBytes = 0;
  /** Whether Commands hold nothing any more, since they are refused. */
  #refusing = false;
  /** When reading began or stopped last (monotonic milliseconds). */
  #changedMs = 0;
  #waiting: (() => void)[] = [];

  constructor(channel: FrameChannel, limits: BackpressureLimits, holdings: Holdings, clock: Clock) {
    this.#channel = channel;
    this.#limits = limits;
    this.#holdings = holdings;
    this.#clock = clock;
  }

  /** Commands that are not answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Start of the time in which nothing has come (monotonic milliseconds); Infinity while it is the turn of others. */
  get silentSinceMs(): number {
    if (this.#flow === 'pause' && !this.#full && !this.#isQueueFull()) return Number.POSITIVE_INFINITY;
    return Math.max(this.#channel.lastReceivedMs, this.#changedMs);
  }

  /** Whether what comes is read. */
  get isReading(): boolean {
    return this.#flow !== 'pause';
  }

  /** Whether one more Command, of so many bytes, may be put aside. */
  mayHold(size: number): boolean {
    if (!this.#limits.canRefuse) return true;
    return this.#channel.heldBytes < this.#limits.maxQueuedBytes && this.#holdings.mayKeep(size);
  }

  /** Whether so much is held for the connection, or by it, that no further Command is to be taken. */
  get isAtLimit(): boolean {
    if (this.#refusing) return false;
    if (this.#inFlight >= this.#limits.maxInFlightCommands || this.#holdings.isOver) return true;
    return this.#largeBytes > 0 && !this.#holdings.mayTake(this.#largeBytes);
  }

  /** Whether there is room for a large Command of so many bytes. */
  mayTake(size: number): boolean {
    return this.#refusing || this.#holdings.mayTake(size);
  }

  /** Every Command is refused from now on: what was put aside may come as well. */
  takeAll(): void {
    this.#refusing = true;
    this.regulate();
  }

  /** A Command has arrived. To be followed by {@link regulate} once its handler has been called. */
  started(): void {
    this.#inFlight++;
  }

  /** A Command has been answered. */
  settled(): void {
    this.#inFlight--;
    if (this.#flow !== 'take') this.regulate();
  }

  /** A Command has been put aside. */
  held(): void {
    if (this.#isQueueFull()) this.regulate();
  }

  /** A large Command has come that there is no room for: it is put aside, or refused. */
  largeCame(size: number): void {
    this.#largeBytes = size;
    this.regulate();
  }

  /** Something has been sent. */
  sent(): void {
    if (this.#channel.flow.isFull) this.regulate();
  }

  /** The channel has room again. */
  drained(): void {
    this.#full = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    let released = 0;
    while (released < waiting.length && !this.#channel.flow.isFull) waiting[released++]?.();
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

  /** Reads no more Commands until {@link endTurnOfOthers}: it is the turn of other connections. */
  beginTurnOfOthers(): void {
    this.#turnOfOthers = true;
    this.regulate();
  }

  /** The turn of the others is over. */
  endTurnOfOthers(): void {
    this.#turnOfOthers = false;
    this.regulate();
  }

  /** Has the channel do what there is room for. */
  regulate(): void {
    if (this.#channel.flow.isFull) this.#full = true;
    const before = this.#flow;
    const flow = this.#decide();
    if (flow === before) return;
    this.#flow = flow;
    if (flow === 'pause' || before === 'pause') this.#changedMs = this.#clock.monotonicMs();
    this.#apply(flow, before);
  }

  readonly #regulate = (): void => this.regulate();

  #decide(): Flow {
    if (this.#full || this.#turnOfOthers) return 'pause';
    if (!this.isAtLimit) {
      this.#largeBytes = 0;
      return 'take';
    }
    // Others may make room as well.
    this.#holdings.whenRoom(this.#regulate);
    return this.#isQueueFull() ? 'pause' : 'hold';
  }

  /** Whether so much has been put aside that nothing more is read. Where more can be refused, it is never. */
  #isQueueFull(): boolean {
    const { canRefuse, maxQueuedBytes } = this.#limits;
    return !canRefuse && (this.#channel.heldBytes >= maxQueuedBytes || !this.#holdings.mayKeep(1));
  }

  /** Commands may be delivered from within, and change the flow again: nothing may follow on that. */
  #apply(flow: Flow, before: Flow): void {
    const channel = this.#channel;
    if (flow === 'pause') {
      channel.pause();
      return;
    }
    // While it is paused neither delivers anything yet.
    if (flow === 'hold') channel.holdFrames();
    else channel.releaseFrames();
    if (before === 'pause') channel.resume();
  }
}
