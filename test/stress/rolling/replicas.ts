import { extname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../support/ports.ts';
import { type Peer, ServerProcess } from '../peers/server-process.ts';
import type { RollingBook } from './book.ts';

/** What a replica is made of. */
export type ReplicaKind = 'own' | 'grpc-js';

/** Longer than a server waits for what is in flight. */
const STOP_TIMEOUT_MS = 15_000;

/** The servers, restarted in turn. */
export class Replicas {
  readonly ports: readonly number[];
  /** How many restarts have begun. */
  count = 0;
  isRestarting = false;
  /** The longest that a server took from SIGTERM to its end. */
  maxStopMs = 0;
  readonly #peer: Peer;
  readonly #book: RollingBook;
  readonly #servers: ServerProcess[] = [];

  private constructor(kind: ReplicaKind, ports: readonly number[], book: RollingBook) {
    this.ports = ports;
    this.#peer = peerOf(kind);
    this.#book = book;
  }

  /** Starts so many. */
  static async start(kind: ReplicaKind, count: number, book: RollingBook): Promise<Replicas> {
    const ports = new Set<number>();
    while (ports.size < count) ports.add(await freePort());
    const replicas = new Replicas(kind, [...ports], book);
    try {
      await Promise.all(replicas.ports.map((_, index) => replicas.#start(index)));
    } catch (error) {
      replicas.kill();
      throw error;
    }
    return replicas;
  }

  /** Restarts one: SIGTERM, its end, a new one at its port. */
  async restart(index: number): Promise<void> {
    this.count++;
    this.isRestarting = true;
    await this.#stop(index);
    await this.#start(index);
    this.isRestarting = false;
  }

  /** Ends all in order; what they have told is read then. */
  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((_, index) => this.#stop(index)));
  }

  /** Ends all whatever they are doing. */
  kill(): void {
    for (const server of this.#servers) server?.signal('SIGKILL');
  }

  async #start(index: number): Promise<void> {
    const { executions } = this.#book;
    const port = this.ports[index] as number;
    this.#servers[index] = await ServerProcess.start(this.#peer, port, (id) =>
      executions.executed(id, this.#book.lastId),
    );
  }

  async #stop(index: number): Promise<void> {
    const server = this.#servers[index];
    if (server === undefined) return;
    const sinceMs = performance.now();
    server.signal('SIGTERM');
    const giveUp = new AbortController();
    const late = wait(STOP_TIMEOUT_MS, 'late', { signal: giveUp.signal }).catch(() => 'ended');
    if ((await Promise.race([server.ended, late])) === 'late') {
      this.#book.errors.add(`replica ${index} did not stop within ${STOP_TIMEOUT_MS} ms`);
      await server.kill();
    }
    giveUp.abort();
    this.maxStopMs = Math.max(this.maxStopMs, performance.now() - sinceMs);
  }
}

function peerOf(kind: ReplicaKind): Peer {
  const name = kind === 'own' ? 'replica' : 'grpc-replica';
  const file = join(import.meta.dirname, `${name}${extname(import.meta.filename)}`);
  return {
    title: `replica of ${kind === 'own' ? 'this library' : kind}`,
    tellsIds: true,
    failureClosesConnection: false,
    command: (port) => [process.execPath, [...process.execArgv, file, String(port)]],
  };
}
