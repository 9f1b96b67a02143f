import type { ServerResponse } from 'node:http';
import type { Clock, TimerHandle } from '../system/clock.ts';
import type { Inspection } from './record.ts';

/** How often pages are told what is new, at most. */
const TELL_EVERY_MS = 100;
/** A sign of life, so that a page, and whatever stands between, knows that the stream is there. */
const HEARTBEAT_MS = 10_000;
/** A page that has so many bytes to read still gets nothing new until it has read them. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** How long a page may take to read the end of its stream. */
const GOODBYE_MS = 200;
/** How soon a page comes back when its stream has ended. */
const RETRY_MS = 500;

/** The pages that look on, each at the end of a stream of Server-Sent Events. */
export class EventStreams {
  /** Of how many pages there may be at a time. */
  static readonly max = 16;
  readonly #clock: Clock;
  readonly #inspection: Inspection;
  /** Each stream, and whether it has missed something, so that it must be told all anew. */
  readonly #streams = new Map<ServerResponse, { hasMissed: boolean }>();
  #telling: TimerHandle | undefined;
  #heartbeat: TimerHandle | undefined;

  constructor(clock: Clock, inspection: Inspection) {
    this.#clock = clock;
    this.#inspection = inspection;
  }

  /** Whether there is room for no more pages. */
  get isFull(): boolean {
    return this.#streams.size >= EventStreams.max;
  }

  /** Begins a stream. */
  add(response: ServerResponse): void {
    response.write(`retry: ${RETRY_MS}\n\n`);
    this.#streams.set(response, { hasMissed: true });
    response.on('close', () => this.#streams.delete(response));
    this.#tell();
    this.#heartbeat ??= this.#clock.setTimeout(() => this.#beat(), HEARTBEAT_MS);
  }

  /** There is something new. */
  changed(): void {
    if (this.#telling === undefined && this.#streams.size > 0) {
      this.#telling = this.#clock.setTimeout(() => this.#tell(), TELL_EVERY_MS);
    }
  }

  /** Ends all streams, in order where the page reads on; no timer is left. */
  async close(): Promise<void> {
    this.#clock.clearTimeout(this.#telling);
    this.#clock.clearTimeout(this.#heartbeat);
    const responses = [...this.#streams.keys()];
    this.#streams.clear();
    const ended = responses.map((response) => new Promise<void>((resolve) => response.end(resolve)));
    let timer: TimerHandle;
    const waited = new Promise<void>((resolve) => {
      timer = this.#clock.setTimeout(resolve, GOODBYE_MS);
    });
    await Promise.race([Promise.all(ended), waited]);
    this.#clock.clearTimeout(timer);
  }

  #tell(): void {
    this.#clock.clearTimeout(this.#telling);
    this.#telling = undefined;
    const changes = this.#inspection.takeChanges();
    const some = message('some', changes);
    let all: string | undefined;
    for (const [response, stream] of this.#streams) {
      if (response.writableLength > MAX_UNREAD_BYTES) {
        stream.hasMissed = true;
        // It is looked at again.
        this.changed();
      } else if (stream.hasMissed) {
        all ??= message('all', this.#inspection.all());
        response.write(all);
        stream.hasMissed = false;
      } else {
        response.write(some);
      }
    }
  }

  #beat(): void {
    for (const response of this.#streams.keys()) response.write(':\n\n');
    this.#heartbeat = this.#streams.size === 0 ? undefined : this.#clock.setTimeout(() => this.#beat(), HEARTBEAT_MS);
  }
}

function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
