import { connect, createServer, type Server, type Socket } from 'node:net';
import { gate } from '../../e2e/server/raw-client.ts';
import { Pipe } from './pipe.ts';
import { CLEAN, type Direction, type Toxics } from './toxics.ts';

/** A TCP proxy that does to its connections what bad networks do. TLS goes through it as bytes. */
export class FaultProxy {
  /** How many connections came. */
  accepted = 0;
  /** Bytes that went through, over all connections. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  readonly #target: number;
  #toxics: Record<Direction, Toxics> = { up: CLEAN, down: CLEAN };
  #server: Server | undefined;
  #port = 0;
  readonly #cuts = new Set<() => void>();
  #changed = gate();

  private constructor(target: number) {
    this.#target = target;
  }

  /** Starts a proxy in front of a port of this machine. */
  static async open(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await proxy.listen();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** How many connections there are now. */
  get connections(): number {
    return this.#cuts.size;
  }

  /** Puts the toxics of some directions in the place of what they had, for the connections that there are as well. */
  set(toxics: Partial<Record<Direction, Toxics>>): void {
    this.#toxics = { ...this.#toxics, ...toxics };
    this.#changed.open();
    this.#changed = gate();
  }

  /** Takes all toxics away, and listens again where it does not. */
  async heal(): Promise<void> {
    this.set({ up: CLEAN, down: CLEAN });
    if (this.#server === undefined) await this.listen();
  }

  async listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as { port: number }).port;
  }

  /** Toxiproxy's "down": connections are cut, and new ones refused. */
  async down(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)));
    for (const cut of this.#cuts) cut();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }

  #accept(client: Socket): void {
    this.accepted++;
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    const pipes: Pipe[] = [];
    const cut = () => {
      if (!this.#cuts.delete(cut)) return;
      for (const pipe of pipes) pipe.stop();
      for (const socket of [client, server]) {
        // One that has been ended writes what it has first.
        if (socket.writableEnded) socket.destroySoon();
        else socket.destroy();
      }
    };
    this.#cuts.add(cut);
    for (const socket of [client, server]) {
      socket.on('error', cut);
      socket.on('close', () => {
        if (client.closed && server.closed) cut();
      });
    }
    pipes.push(this.#pipe('up', client, server, cut), this.#pipe('down', server, client, cut));
  }

  #pipe(direction: Direction, from: Socket, to: Socket, cut: () => void): Pipe {
    return new Pipe(from, to, {
      toxics: () => this.#toxics[direction],
      change: () => this.#changed.promise,
      passed: (bytes) => {
        this.passed[direction] += bytes;
      },
      cut,
    });
  }
}
