import type { Clock } from '../system/clock.ts';
import type { FrameChannel } from '../wire/frame-channel.ts';

/** When Commands arrived: the clock is looked at once for all that arrived together. */
export class ArrivalTime {
  readonly #channel: FrameChannel;
  readonly #clock: Clock;
  /** Which delivery of the channel's is being read. */
  #delivery = -1;
  #deliveredMs = 0;

  constructor(channel: FrameChannel, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
  }

  /** When what is being read came (milliseconds since the Unix epoch). */
  now(): number {
    if (this.#delivery !== this.#channel.deliveries) {
      this.#delivery = this.#channel.deliveries;
      this.#deliveredMs = this.#clock.now();
    }
    return this.#deliveredMs;
  }
}
