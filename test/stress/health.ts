import type { GroupState, StatusEvent } from 'cmd-stream';
import { Latencies } from './latencies.ts';

/** Service counts as well again so long after all connections and the breaker are. */
const SETTLING_MS = 300;

/** What is known of the service and of the sender's view of it. Times are monotonic milliseconds. */
export class Health {
  /** Latencies of Commands that began and ended while all was well. */
  readonly latencies = new Latencies();
  /** How often the breaker came to each state. */
  readonly breakerChanges = { open: 0, 'half-open': 0, closed: 0 };
  /** Connections that went. */
  lostConnections = 0;
  /** Why the last one went. */
  lastLoss: Error | undefined;
  /** The ids of the clients that have a connection. */
  readonly #connected = new Set<number>();
  #isUp = false;
  #group: GroupState = 'starting';
  #breaker: keyof Health['breakerChanges'] = 'closed';
  #wellSinceMs = Number.POSITIVE_INFINITY;
  #period = 0;
  #lastAnsweredStartMs = 0;

  /** The server is there and runs, or not. */
  set isUp(isUp: boolean) {
    this.#isUp = isUp;
    this.#update();
  }

  /** Whether the server is there, and the sender can use all that it has. */
  get isWell(): boolean {
    return this.#isUp && this.#group === 'ready' && this.#breaker === 'closed';
  }

  /** The number of the time during which all has been well; `undefined` while it is not, and shortly after. */
  get period(): number | undefined {
    return performance.now() - this.#wellSinceMs >= SETTLING_MS ? this.#period : undefined;
  }

  /** When the latest send began that has succeeded. */
  get lastAnsweredStartMs(): number {
    return this.#lastAnsweredStartMs;
  }

  /** For people. */
  get description(): string {
    return `server ${this.#isUp ? 'up' : 'away'}, group ${this.#group}, breaker ${this.#breaker}`;
  }

  /** A send has succeeded; its latency counts where all has been well from its beginning, in `period`. */
  answered(startMs: number, nowMs: number, period: number | undefined): void {
    if (startMs > this.#lastAnsweredStartMs) this.#lastAnsweredStartMs = startMs;
    if (period !== undefined && this.isWell && period === this.#period) this.latencies.add(nowMs - startMs);
  }

  /** The sender's `onStatus`. */
  readonly onStatus = (event: StatusEvent): void => {
    if (event.type === 'client') {
      if (event.state === 'ready') this.#connected.add(event.id);
      else if (this.#connected.delete(event.id)) {
        this.lostConnections++;
        this.lastLoss = event.error;
      }
      return;
    }
    if (event.type === 'group') this.#group = event.state;
    else {
      this.#breaker = event.state;
      this.breakerChanges[event.state]++;
    }
    this.#update();
  };

  #update(): void {
    const wasWell = this.#wellSinceMs !== Number.POSITIVE_INFINITY;
    if (this.isWell === wasWell) return;
    this.#period++;
    this.#wellSinceMs = this.isWell ? performance.now() : Number.POSITIVE_INFINITY;
  }
}
