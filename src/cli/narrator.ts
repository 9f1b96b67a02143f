import type { ClientStatus, StatusEvent } from '../index.ts';
import type { Terminal } from './terminal.ts';

/** Tells what goes on inside a sender, one line for each change that says something new, with the time. */
export class Narrator {
  readonly #out: Terminal;
  readonly #startedMs = performance.now();
  #groupState = '';

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
        return describeClient(event);
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
}

function describeClient({ id, state, attempt, delayMs }: ClientStatus): string | undefined {
  if (state === 'ready') return `client ${id}: connected`;
  if (state !== 'reconnecting') return undefined;
  const what = attempt <= 1 ? 'connection lost' : `dial ${attempt - 1} failed`;
  return `client ${id}: ${what}, dials again in ${delayMs.toFixed(0)} ms`;
}
