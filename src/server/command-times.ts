import type { Clock } from '../base/clock.ts';
import type { FrameChannel } from '../wire/frame-channel.ts';

/** So long no Command may have come for none to be taken to be on its way. */
const QUIET_MS = 250;
/** Whoever still sends Commands after so long does not understand that they are turned away. */
const QUIET_TIMEOUT_MS = 1_000;

/** When the Commands of one connection came. The clock is looked at once for all that arrived together. */
export class CommandTimes {
  readonly #channel: Pick<FrameChannel, 'deliveries' | 'lastReceivedMs'>;
  readonly #clock: Clock;
  /** Which delivery of the channel's is being read, and when it came (milliseconds since the Unix epoch). */
  #delivery = -1;
  #deliveredAtMs = 0;
  /** The same time, monotonic. */
  nowMs = 0;
  /** How long the Command that came last had waited by then, here: in line behind others, undecoded; whole milliseconds. */
  waitedMs = 0;
  /** The same for one that was not put aside. */
  #unreadMs = 0;
  /** When those came that wait, and how many together. */
  #held: { readonly atMs: number; count: number }[] = [];
  /** When a Command came last (monotonic milliseconds). */
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Time from which they are turned away (monotonic milliseconds). */
  #awayMs = Number.POSITIVE_INFINITY;

  constructor(channel: Pick<FrameChannel, 'deliveries' | 'lastReceivedMs'>, clock: Clock) {
    this.#channel = channel;
    this.#clock = clock;
  }

  /**
   * A Command has come: returns when (milliseconds since the Unix epoch).
   * @param mayHaveWaited - whether it is one of those that were put aside, where there are any.
   */
  came(mayHaveWaited = true): number {
    if (this.#delivery !== this.#channel.deliveries) {
      this.#delivery = this.#channel.deliveries;
      this.#deliveredAtMs = this.#clock.now();
      this.nowMs = this.#clock.monotonicMs();
      const arrivedMs = this.#channel.lastReceivedMs;
      // One that was put aside may have come long before Commands were turned away.
      this.#lastMs = Math.max(this.#lastMs, arrivedMs);
      this.#unreadMs = Math.floor(this.nowMs - arrivedMs);
    }
    const isHeld = mayHaveWaited && this.#held.length > 0;
    this.waitedMs = isHeld ? Math.floor(this.nowMs - this.#takeHeld(this.#held)) : this.#unreadMs;
    return this.#deliveredAtMs;
  }

  /** A Command is put aside: it comes later, behind those that were put aside before. */
  held(): void {
    const atMs = this.#channel.lastReceivedMs;
    const last = this.#held.at(-1);
    if (last?.atMs === atMs) last.count++;
    else this.#held.push({ atMs, count: 1 });
  }

  #takeHeld(held: { readonly atMs: number; count: number }[]): number {
    const first = held[0] as { readonly atMs: number; count: number };
    if (--first.count === 0) held.shift();
    return first.atMs;
  }

  /** From now on they are turned away: none is taken to be on its way before clients have had time to hear of it. */
  turnAway(): void {
    this.#awayMs = this.#clock.monotonicMs();
    this.#lastMs = this.#awayMs;
  }

  /** How long it is until none is on its way any more, if none comes meanwhile; not positive: none is. */
  quietInMs(): number {
    const dueMs = Math.min(this.#lastMs + QUIET_MS, this.#awayMs + QUIET_TIMEOUT_MS);
    return dueMs - this.#clock.monotonicMs();
  }
}
