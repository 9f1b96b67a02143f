import type { Listener, ListenerEvents } from '../../wire/transport/transport.ts';
import { TurnedAway } from '../../wire/transport/turned-away.ts';
import type { VirtualClock } from '../kit/virtual-clock.ts';
import type { SimulatedStream } from './simulated-stream.ts';

/** Something that listens on a simulated machine. */
export class HostListener implements Listener {
  readonly address: string;
  readonly host: string;
  /** Reached from its own machine only. */
  readonly isLocal: boolean;
  readonly #maxConnections: number;
  readonly #events: ListenerEvents;
  readonly #remove: () => void;
  readonly #turnedAway: TurnedAway;
  #accepted = 0;

  constructor(
    where: { readonly address: string; readonly host: string; readonly isLocal: boolean; readonly clock: VirtualClock },
    maxConnections: number,
    events: ListenerEvents,
    remove: () => void,
  ) {
    this.address = where.address;
    this.host = where.host;
    this.isLocal = where.isLocal;
    this.#maxConnections = maxConnections;
    this.#events = events;
    this.#remove = remove;
    this.#turnedAway = new TurnedAway(maxConnections, (error) => events.acceptError(error), where.clock);
  }

  accept(stream: SimulatedStream): void {
    if (this.#accepted >= this.#maxConnections) {
      stream.destroy();
      this.#turnedAway.add();
      return;
    }
    this.#accepted++;
    const { onOver } = stream;
    stream.onOver = () => {
      this.#accepted--;
      onOver?.();
    };
    this.#events.connection(stream);
  }

  async close(): Promise<void> {
    this.#remove();
  }
}
