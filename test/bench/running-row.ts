import { Forked } from './forked.ts';
import type { Load } from './load.ts';
import type { Measurement } from './results.ts';
import type { ServerAddress } from './system.ts';
import type { Row } from './systems/row.ts';

/** The two processes of a row. */
export class RunningRow {
  readonly id: string;
  readonly kind: Row['kind'];
  readonly #server: Forked;
  readonly #client: Forked;
  #address: ServerAddress | undefined;
  #furtherPids: readonly number[] = [];
  #connections = 0;

  constructor(row: Row, profileDirectory: string | undefined) {
    this.id = row.id;
    this.kind = row.kind;
    this.#server = new Forked(row, 'server', profileDirectory);
    this.#client = new Forked(row, 'client', profileDirectory);
  }

  /** All its processes. */
  get pids(): readonly number[] {
    return [this.#server.pid, this.#client.pid, ...this.#furtherPids];
  }

  /** Starts the server and a client of one connection. */
  async start(delayMs: number): Promise<void> {
    const { address, pids } = await this.#server.ask({ type: 'serve', delayMs });
    this.#address = address;
    this.#furtherPids = pids;
    await this.connect(1);
  }

  /** Has the client use so many connections. */
  async connect(connections: number): Promise<void> {
    if (this.#address === undefined || connections === this.#connections) return;
    this.#connections = connections;
    await this.#client.ask({ type: 'connect', address: this.#address, connections });
  }

  /** Loads it, and says what came of it. */
  async measure(load: Load, timeoutMs: number): Promise<Measurement> {
    const before = await this.#server.ask({ type: 'usage' });
    const result = await this.#client.ask({ type: 'run', load }, timeoutMs);
    const after = await this.#server.ask({ type: 'usage' });
    if (result.unanswered > 0) await this.#reconnect();
    return { ...result, serverCpuUs: after.cpuUs - before.cpuUs, serverPeakBytes: after.peakBytes };
  }

  async stop(): Promise<void> {
    await this.#client.stop();
    await this.#server.stop();
  }

  /** What has been left unanswered shall not be in the way of what comes next. */
  async #reconnect(): Promise<void> {
    const connections = this.#connections;
    this.#connections = 0;
    await this.connect(connections);
  }
}
