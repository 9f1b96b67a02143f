import type { ClientStatus, StatusEvent } from '../index.ts';
import type { Terminal } from './terminal.ts';

/** Tells what goes on inside a sender, one line for each change that says something new, with the time. */
export class Narrator {
  readonly #out: Terminal;
  readonly #startedMs = performance.now();
  #groupState = '';
  /** The state last told of each client, by its id. */
  readonly #told = new Map<number, ClientStatus>();

  constructor(out: Terminal) {
    this.#out = out;
  }

  /** Tells of one change: what the option `onStatus` takes. */
  readonly tell = (event: StatusEvent): void => {
    const text = this.#describe(event);
    if (text === undefined) return;
    const seconds = ((performance.now() - this.#startedMs) / 1_000).toFixed(2);
    this.#out.line(this.#out.paint('dim', `  ${seconds} s  ${text}`));
  };

  #describe(event: StatusEvent): string | undefined {
    switch (event.type) {
      case 'client':
        return this.#describeClient(event);
      case 'group': {
        // How many are ready, the lines of the clients have told.
        if (event.state === this.#groupState) return undefined;
        this.#groupState = event.state;
        const isServing = event.state === 'ready' || event.state === 'degraded' || event.state === 'unavailable';
        return `group: ${event.state}${isServing ? `, ${event.ready} of ${event.size} clients connected` : ''}`;
      }
      case 'circuit-breaker':
        return `circuit breaker: ${event.state}`;
    }
  }

  #describeClient(status: ClientStatus): string | undefined {
    const { id, state, attempt, delayMs } = status;
    if (state !== 'ready' && state !== 'reconnecting') return undefined;
    const before = this.#told.get(id);
    this.#told.set(id, status);
    if (state === 'ready') return `client ${id}: connected`;
    const wasWaiting = before?.state === 'reconnecting';
    // The reason is forgotten when the client closes: a change, and nothing new.
    if (wasWaiting && before.attempt === attempt && before.delayMs === delayMs) return undefined;
    const what =
      before === undefined ? 'cannot connect' : wasWaiting ? `dial ${attempt - 1} failed` : 'connection lost';
    return `client ${id}: ${what}, dials again in ${delayMs.toFixed(0)} ms`;
  }
}
