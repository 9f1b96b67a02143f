import { type Clock, systemClock, type TimerHandle } from '../base/clock.ts';
import type { FrameChannel } from '../wire/frame-channel.ts';

const EVERY_MS = 10_000;

/** Parts of a channel that Pings go by. */
export type PingedChannel = Pick<FrameChannel, 'lastReceivedMs' | 'pausedMs' | 'sendPing'>;

/** Pings on a connection, by which its server sees that the client is there, and the client that the server is. */
export class KeepAlive {
  readonly #channel: PingedChannel;
  readonly #tellDead: () => void;
  readonly #clock: Clock;
  #timer: TimerHandle;
  /** Since when a Ping is not answered; `undefined`: all are. */
  #sinceMs: number | undefined;
  #pausedMs = 0;

  /** @param tellDead - called where a Ping is not answered before the next is due, and nothing else has come. */
  constructor(channel: PingedChannel, tellDead: () => void, clock: Clock = systemClock) {
    this.#channel = channel;
    this.#tellDead = tellDead;
    this.#clock = clock;
  }

  /** Sends a Ping every 10 seconds. */
  start(): void {
    this.#timer = this.#clock.setTimeout(this.#look, EVERY_MS);
  }

  /** A Pong has come. */
  answered(): void {
    this.#sinceMs = undefined;
  }

  /** Sends no more. */
  stop(): void {
    this.#clock.clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const { lastReceivedMs, pausedMs } = this.#channel;
    const sinceMs = this.#sinceMs;
    // What is not read cannot come.
    const isDead = sinceMs !== undefined && lastReceivedMs < sinceMs && pausedMs === this.#pausedMs;
    if (isDead) {
      this.#tellDead();
      return;
    }
    this.#pausedMs = pausedMs;
    this.#sinceMs = this.#clock.monotonicMs();
    this.#channel.sendPing();
    this.start();
  };
}
