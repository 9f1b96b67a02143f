import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { systemRandom } from '../base/random.ts';
import type { EngineEvents, EngineListener, EngineServerParts } from '../wire/engine.ts';
import type { ServerChannel } from '../wire/frame-channel.ts';

/** The first and the longest wait before brokers are tried again. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** Opens a channel to the broker at one address; resolves with it, and with a promise of its loss. */
export type Attend = (address: string, signal: AbortSignal) => Promise<Attending>;

/** A channel that Commands come by. */
export interface Attending {
  readonly channel: ServerChannel;
  /** Resolves when another one is to take its place: it is gone, or its broker takes its leave. */
  readonly over: Promise<void>;
}

/**
 * A server's place at its brokers: at one of them at a time, and at the next one when that is gone, after waits that grow, for as
 * long as it takes. The end of a broker is not the end of the server.
 */
export class Attendance implements EngineListener {
  address = '';
  readonly #addresses: readonly string[];
  readonly #attend: Attend;
  readonly #parts: EngineServerParts;
  readonly #events: EngineEvents;
  readonly #closing = new AbortController();

  constructor(addresses: readonly string[], attend: Attend, parts: EngineServerParts, events: EngineEvents) {
    this.#addresses = addresses;
    this.#attend = attend;
    this.#parts = parts;
    this.#events = events;
  }

  /** Rejects where none of the brokers can be had. */
  async start(): Promise<this> {
    void this.#go(await this.#tryAll());
    return this;
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }

  async #go(first: Attending): Promise<void> {
    const { signal } = this.#closing;
    for (let attending: Attending | undefined = first; attending !== undefined; attending = await this.#again()) {
      const drain = this.#events.connection(attending.channel);
      await attending.over;
      if (signal.aborted) return;
      drain();
    }
  }

  /** Resolves with nothing once it is closed. */
  async #again(): Promise<Attending | undefined> {
    const { signal } = this.#closing;
    for (let waitMs = FIRST_WAIT_MS; !signal.aborted; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      await this.#wait(waitMs * (0.5 + systemRandom() / 2));
      try {
        return await this.#tryAll();
      } catch (error) {
        if (!signal.aborted) this.#events.connectError(CmdStreamError.from(error));
      }
    }
    return undefined;
  }

  async #tryAll(): Promise<Attending> {
    const { signal } = this.#closing;
    let reason: unknown;
    for (const address of this.#addresses) {
      try {
        const attending = await this.#attend(address, signal);
        this.address = address;
        return attending;
      } catch (error) {
        reason = error;
      }
      signal.throwIfAborted();
    }
    throw reason;
  }

  #wait(waitMs: number): Promise<void> {
    const { clock } = this.#parts;
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const goOn = () => {
        clock.clearTimeout(timer);
        signal.removeEventListener('abort', goOn);
        resolve();
      };
      const timer = clock.setTimeout(goOn, waitMs);
      signal.addEventListener('abort', goOn);
    });
  }
}
