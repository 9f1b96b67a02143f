import type { Listener, ListenerEvents } from '../transport/transport.ts';
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
  #accepted = 0;

  constructor(
    where: { readonly address: string; readonly host: string; readonly isLocal: boolean },
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
  }

  accept(stream: SimulatedStream): void {
    if (this.#accepted >= this.#maxConnections) {
      stream.destroy();
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
