import type { LogEntry } from '../../src/testing.ts';
import type { History } from './history.ts';

/** A piece that was changed on its way. */
interface Changed {
  readonly index: number;
  /** Whether it was on its way to the server. */
  readonly isCommand: boolean;
}

type Execution = History['executions'][number];

/**
 * What can be believed where bytes were changed on their way. Connections do not mix: what a connection brought before
 * its first changed piece, and what others brought, is as good as ever.
 */
export class Corruption {
  /** By the name of the connection, as the network's log has it: `client:49153>a:9000`. */
  readonly #changed = new Map<string, Changed[]>();
  /** Where in the log the sender's end of such a connection was closed. */
  readonly #closed = new Map<string, number>();

  constructor(entries: readonly LogEntry[]) {
    for (let index = 0; index < entries.length; index++) {
      const { kind, who, details } = entries[index] as LogEntry;
      if (kind === 'net.corrupted') {
        const changed = this.#changed.get(who) ?? [];
        this.#changed.set(who, changed);
        changed.push({ index, isCommand: details.from === 'client' });
      } else if (kind === 'net.closed' && details.at === 'client' && this.#changed.has(who)) {
        this.#closed.set(who, index);
      }
    }
  }

  /** Whether a connection's bytes are as they were sent. `client`: as the server calls the sender's end. */
  isClean(client: unknown, host: string): boolean {
    return !this.#changed.has(nameOf(client, host));
  }

  /** Whether it was this Command that was executed, and not what a changed piece made of another. */
  isFact({ client, host, index }: Execution): boolean {
    const changed = this.#changed.get(nameOf(client, host));
    return changed === undefined || !changed.some((piece) => piece.isCommand && piece.index < index);
  }

  /** Whether nothing that a changed piece says can have reached a send. */
  spares({ call, settled, executions }: History): boolean {
    if (this.#changed.size === 0) return true;
    const endIndex = settled[0]?.index ?? Number.POSITIVE_INFINITY;
    const carrier = executions.find((execution) => this.isFact(execution));
    if (carrier !== undefined) return !this.#isChangedBefore(nameOf(carrier.client, carrier.host), endIndex);
    // Over which connection it went, if it did, nobody can tell.
    for (const name of this.#changed.keys()) {
      const closedIndex = this.#closed.get(name) ?? Number.POSITIVE_INFINITY;
      if (name.startsWith('client:') && closedIndex > call.index && this.#isChangedBefore(name, endIndex)) return false;
    }
    return true;
  }

  #isChangedBefore(name: string, index: number): boolean {
    return this.#changed.get(name)?.some((piece) => piece.index < index) ?? false;
  }
}

/** The servers' port is always the same. */
function nameOf(client: unknown, host: string): string {
  return `${client}>${host}:9000`;
}
