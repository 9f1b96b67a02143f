import type { Clock } from '../../base/clock.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { CommandFailureKind } from '../../base/errors/failure-kind.ts';

/** After so long a failure counts half. */
const HALF_LIFE_MS = 1_000;

/** Failures by which a server says that it is not well. */
const OF_THE_SERVER: ReadonlySet<CommandFailureKind | undefined> = new Set([
  undefined,
  'unavailable',
  'rate-limited',
  'failed',
]);

/** How many Commands of a connection were answered by errors lately, each the less the longer ago that was. */
export class RecentFailures {
  readonly #clock: Clock;
  #count = 0;
  #atMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Their number now, rounded. */
  get count(): number {
    return this.#count === 0 ? 0 : Math.round(this.#countAt(this.#clock.monotonicMs()));
  }

  /** Notes what a Command failed by. What its caller did wrong tells nothing of the server. */
  note({ code, failure }: CmdStreamError): void {
    const tells =
      code === 'overloaded' || code === 'closed' || (code === 'command-failed' && OF_THE_SERVER.has(failure));
    if (!tells) return;
    const nowMs = this.#clock.monotonicMs();
    this.#count = this.#countAt(nowMs) + 1;
    this.#atMs = nowMs;
  }

  #countAt(nowMs: number): number {
    return this.#count * 2 ** ((this.#atMs - nowMs) / HALF_LIFE_MS);
  }
}
