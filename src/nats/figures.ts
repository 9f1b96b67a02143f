import type { EngineCommand } from '../wire/engine.ts';

/** What a server has done for one type of Command. */
interface CommandFigures {
  requests: number;
  errors: number;
  lastError: string;
  /** From its arrival to its last Result. */
  processingMs: number;
}

/** What a server tells of one type of Command, as ADR-32 of NATS has it: times in nanoseconds. */
export interface EndpointStats {
  readonly name: string;
  readonly subject: string;
  readonly queue_group: string;
  readonly num_requests: number;
  readonly num_errors: number;
  readonly last_error: string;
  readonly processing_time: number;
  readonly average_processing_time: number;
}

/** What a server has done, over all of its connections. */
export class Figures {
  readonly #ofTypes: readonly CommandFigures[];

  constructor(commands: readonly EngineCommand[]) {
    this.#ofTypes = commands.map(() => ({ requests: 0, errors: 0, lastError: '', processingMs: 0 }));
  }

  /** A Command of this type has come to its end, after so long. */
  ended(type: number, tookMs: number): void {
    const figures = this.#ofTypes[type];
    if (figures === undefined) return;
    figures.requests++;
    figures.processingMs += tookMs;
  }

  /** It has failed, or was not executed. */
  failed(type: number, error: string): void {
    const figures = this.#ofTypes[type];
    if (figures === undefined) return;
    figures.errors++;
    figures.lastError = error;
  }

  /** How things stand, for endpoints of these names and subjects. */
  stats(endpoints: readonly Pick<EndpointStats, 'name' | 'subject' | 'queue_group'>[]): readonly EndpointStats[] {
    return endpoints.map((endpoint, type) => {
      const { requests = 0, errors = 0, lastError = '', processingMs = 0 } = this.#ofTypes[type] ?? {};
      const spent = Math.round(processingMs * 1e6);
      return {
        ...endpoint,
        num_requests: requests,
        num_errors: errors,
        last_error: lastError,
        processing_time: spent,
        average_processing_time: requests === 0 ? 0 : Math.round(spent / requests),
      };
    });
  }
}
