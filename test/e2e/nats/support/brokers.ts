import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../support/ports.ts';
import { listening, type Running, start } from '../../../support/run.ts';

/** The program of the broker: that of the path, or the one that `NATS_SERVER` names. */
const PROGRAM = process.env.NATS_SERVER ?? 'nats-server';

/** Whether there is no broker to test with. Where there must be one, that is a failure. */
export const noBroker = spawnSync(PROGRAM, ['--version']).status !== 0 && !process.env.CI;

/** The title of a suite, which says why it is skipped where it is. */
export const titled = (title: string) => (noBroker ? `${title} (skipped: no nats-server)` : title);

/** A broker of its own process. `await using` kills it. */
export class Broker {
  readonly port: number;
  readonly #folder: string;
  #running: Running;

  constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
    this.#running = this.#start();
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  #start(): Running {
    return start(PROGRAM, ['-c', join(this.#folder, 'nats.conf')], { timeoutMs: 600_000 });
  }

  /** Resolves once it takes connections. */
  async ready(): Promise<this> {
    await listening(this.port);
    return this;
  }

  /** Kills it. */
  async kill(): Promise<void> {
    await this.#running.stop('SIGKILL');
  }

  /** Starts it again, where it was. */
  async restart(): Promise<void> {
    this.#running = this.#start();
    await this.ready();
  }

  /** Lets it take its leave of those who are connected, and end. */
  takeLeave(): void {
    this.#running.signal('SIGUSR2');
  }

  /** Lets it take these lines for its configuration. */
  reload(settings: string): void {
    writeSettings(this.#folder, this.port, settings);
    this.#running.signal('SIGHUP');
  }

  /** Lets it stand still, or go on. */
  stand(still: boolean): void {
    this.#running.signal(still ? 'SIGSTOP' : 'SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Starts a broker with these lines in its configuration. */
export async function startBroker(settings = ''): Promise<Broker> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-nats-'));
  writeSettings(folder, port, settings);
  return await new Broker(port, folder).ready();
}

/** Starts so many brokers that are a cluster. */
export async function startCluster(size: number): Promise<Broker[]> {
  const ports = await Promise.all(Array.from({ length: size }, () => freePort()));
  const routes = ports.map((port) => `"nats://127.0.0.1:${port}"`).join(', ');
  const settings = (port: number) =>
    `server_name: "n${port}"\ncluster { name: "c", listen: "127.0.0.1:${port}", routes: [${routes}] }`;
  return await Promise.all(ports.map((port) => startBroker(settings(port))));
}

function writeSettings(folder: string, port: number, settings: string): void {
  writeFileSync(join(folder, 'nats.conf'), `listen: "127.0.0.1:${port}"\n${settings}\n`);
}
