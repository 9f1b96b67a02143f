import type { DrainOptions } from '../base/options/drain-options.ts';
import type { Server } from '../server/server.ts';
import { formatAddress } from '../wire/transport/address.ts';
import { type EventLog, plain } from './log/event-log.ts';
import type { SimulatedNetwork } from './network/network.ts';

/** A server on a simulated machine: goes down with it, and is started again when it comes back. */
export class SimulatedServer implements AsyncDisposable {
  /** The machine. */
  readonly host: string;
  /** Where senders find it: `a:9000`. */
  readonly address: string;
  /** How often it has been started. */
  starts = 0;
  readonly #network: SimulatedNetwork;
  readonly #serve: () => Promise<Server>;
  readonly #log: EventLog;
  readonly #unwatch: () => void;
  #server: Server | undefined;
  /** Counts its lives: one that starts while the machine goes down, or while it is closed, is closed at once. */
  #life = 0;
  #starting: Promise<void> | undefined;

  /** @internal For `Simulation.serve`. */
  constructor(network: SimulatedNetwork, log: EventLog, host: string, port: number, serve: () => Promise<Server>) {
    this.host = host;
    this.address = formatAddress(host, port);
    this.#network = network;
    this.#log = log;
    this.#serve = serve;
    this.#unwatch = network.watch(host, {
      down: () => this.#goDown(),
      up: () => {
        this.start().catch((error: unknown) => log.add('server.failed', host, { error: plain(error) }));
      },
    });
  }

  /** The server that runs now; `undefined` while it is down. */
  get server(): Server | undefined {
    return this.#server;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#server?.connections ?? 0;
  }

  /** @internal Starts it; on a machine that is down it waits for that to come back. */
  start(): Promise<void> {
    if (this.#network.isDown(this.host)) return Promise.resolve();
    this.#starting = this.#start(++this.#life);
    return this.#starting;
  }

  async #start(life: number): Promise<void> {
    const server = await this.#serve();
    if (life !== this.#life) {
      await server.close();
      return;
    }
    this.#server = server;
    this.starts++;
    this.#log.add('server.up', this.host, { starts: this.starts });
  }

  /** `Server.shutdown`; it is not started again. */
  async shutdown(options?: DrainOptions): Promise<void> {
    await this.#startNoMore();
    await this.#server?.shutdown(options);
  }

  /** `Server.close`; it is not started again. */
  async close(): Promise<void> {
    await this.#startNoMore();
    await this.#server?.close();
  }

  async #startNoMore(): Promise<void> {
    this.#unwatch();
    this.#life++;
    // Whoever started it hears of its failure.
    if (this.#server === undefined) await this.#starting?.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** Its connections are gone already: what it still does reaches nobody. */
  #goDown(): void {
    this.#life++;
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#log.add('server.down', this.host, { starts: this.starts });
    void server.close();
  }
}
