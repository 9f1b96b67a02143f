import type { ServerResponse } from 'node:http';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { Inspection } from './record.ts';

/** How often pages are told what is new, at most. */
const TELL_EVERY_MS = 100;
/** A sign of life, so that a page, and whatever stands between, knows that the stream is there. */
const HEARTBEAT_MS = 10_000;
/** A page that has so many bytes to read still gets nothing new until it has read them. */
const MAX_UNREAD_BYTES = 1024 * 1024;
/** A page that has taken nothing of what waits for it for so long is dead, and makes room for another. */
const STUCK_MS = 30_000;
/** How long a page may take to read the end of its stream. */
const GOODBYE_MS = 200;
/** How soon a page comes back when its stream has ended. */
const RETRY_MS = 500;

/** One page that looks on. */
interface Page {
  /** Whether it has missed something, so that it must be told all anew. */
  hasMissed: boolean;
  /** How many messages wait for it, and since when it has taken none of them. */
  waiting: number;
  sinceMs: number;
}

/** The pages that look on, each at the end of a stream of Server-Sent Events. */
export class EventStreams {
  /** Of how many pages there may be at a time. */
  static readonly max = 16;
  readonly #clock: Clock;
  readonly #inspection: Inspection;
  readonly #streams = new Map<ServerResponse, Page>();
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
    const page: Page = { hasMissed: true, waiting: 0, sinceMs: 0 };
    this.#streams.set(response, page);
    // What is written to one that is gone, but not told of yet, is an error that has nobody to tell.
    response.on('error', () => {}).on('close', () => this.#streams.delete(response));
    this.#write(response, page, `retry: ${RETRY_MS}\n\n`);
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
    const some = message('some', this.#inspection.takeChanges());
    let all: string | undefined;
    for (const [response, page] of this.#streams) {
      if (response.writableLength > MAX_UNREAD_BYTES) {
        page.hasMissed = true;
        // It is looked at again.
        this.changed();
      } else if (page.hasMissed) {
        all ??= message('all', this.#inspection.all());
        this.#write(response, page, all);
        page.hasMissed = false;
      } else {
        this.#write(response, page, some);
      }
    }
  }

  #write(response: ServerResponse, page: Page, text: string): void {
    if (page.waiting++ === 0) page.sinceMs = this.#clock.monotonicMs();
    response.write(text, () => {
      page.waiting--;
      page.sinceMs = this.#clock.monotonicMs();
    });
  }

  #beat(): void {
    const nowMs = this.#clock.monotonicMs();
    // Requests that nobody inspects change what is told of a connection, and say nothing.
    this.changed();
    for (const [response, page] of this.#streams) {
      if (page.waiting > 0 && nowMs - page.sinceMs >= STUCK_MS) response.destroy();
      else this.#write(response, page, ':\n\n');
    }
    this.#heartbeat = this.#streams.size === 0 ? undefined : this.#clock.setTimeout(() => this.#beat(), HEARTBEAT_MS);
  }
}

/** A message; in a timer nothing may throw, and a page that is told nothing is better than a process that ends. */
function message(event: string, data: object): string {
  try {
    return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  } catch {
    return ':\n\n';
  }
}
