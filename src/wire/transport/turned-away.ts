import { type Clock, systemClock } from '../../base/clock.ts';

/** How often it is told at most that connections are turned away: a flood of them would be a flood of reports. */
const TELL_EVERY_MS = 1_000;

/** The connections that a listener has closed as soon as they were there, since there are as many as there may be. */
export class TurnedAway {
  readonly #maxConnections: number;
  readonly #tell: (error: Error) => void;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** When it was last told, and how many have been turned away since. */
  #toldMs = Number.NEGATIVE_INFINITY;
  #untold = 0;

  constructor(maxConnections: number, tell: (error: Error) => void, clock: Pick<Clock, 'monotonicMs'> = systemClock) {
    this.#maxConnections = maxConnections;
    this.#tell = tell;
    this.#clock = clock;
  }

  /** One more: tells of it, and of those before it that were not told. */
  add(): void {
    this.#untold++;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    const others = this.#untold > 1 ? `, and ${this.#untold - 1} before it` : '';
    this.#toldMs = nowMs;
    this.#untold = 0;
    this.#tell(new Error(`there are ${this.#maxConnections} already (option 'maxConnections')${others}`));
  }
}
