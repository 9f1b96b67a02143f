import { setTimeout as delay } from 'node:timers/promises';
import { createSender, type Sender } from 'cmd-stream';
import { expect } from 'vitest';
import { type Certificates, makeCertificates } from '../../e2e/support/certificates.ts';
import { OwnTime } from '../../support/own-time.ts';
import { type Executions, marked, serveCounted } from './counted-service.ts';
import { FaultProxy } from './fault-proxy.ts';
import { expectPromisesKept } from './promises.ts';
import { Traffic } from './traffic.ts';

/** How the two sides talk. TLS goes through the proxy as bytes. */
export type Protection = 'tcp' | 'tls';

/** The deadline of the sends of a case. */
export const TIMEOUT_MS = 500;
/** A dead peer is found, and dialled again, well within this time. */
export const RESUME_MS = 5_000;
/** More than timers are late on a machine that is busy. */
const TOLERANCE_MS = 1_000;
const CLOSE_MS = 3_000;

let certificates: Promise<Certificates> | undefined;

/** The real sender, the real server, and bad network between them. */
export class Stage {
  readonly proxy: FaultProxy;
  readonly sender: Sender<typeof marked>;
  readonly traffic: Traffic;
  readonly executions: Executions;
  readonly #server: Awaited<ReturnType<typeof serveCounted>>['server'];
  readonly #lag = new Lag();

  private constructor(
    proxy: FaultProxy,
    { server, executions }: Awaited<ReturnType<typeof serveCounted>>,
    sender: Sender<typeof marked>,
    traffic: Traffic,
  ) {
    this.proxy = proxy;
    this.#server = server;
    this.executions = executions;
    this.sender = sender;
    this.traffic = traffic;
  }

  static async open(protection: Protection): Promise<Stage> {
    certificates ??= makeCertificates();
    const { ca, server: identity } = await certificates;
    const service = await serveCounted(protection === 'tls' ? { tls: identity } : {});
    const proxy = await FaultProxy.open(service.server.port);
    const traffic = new Traffic();
    const sender = await createSender(marked, {
      address: `localhost:${proxy.port}`,
      ...(protection === 'tls' ? { tls: { ca } } : {}),
      clients: 2,
      lazy: true,
      handshakeTimeoutMs: 1_000,
      keepalive: { timeMs: 150, timeoutMs: 250 },
      reconnect: { initialMs: 10, maxMs: 80 },
      hooks: traffic.hooks,
    });
    return new Stage(proxy, service, sender, traffic);
  }

  /** Traffic for so long. */
  async flow(durationMs: number): Promise<void> {
    await this.traffic.flow(this.sender, durationMs, TIMEOUT_MS);
  }

  /** What some of the sends have come to. */
  countsFrom(from: number, until?: number): { readonly succeeded: number; readonly failed: number } {
    const sends = this.traffic.sends.slice(from, until);
    const failed = sends.filter(({ error }) => error !== undefined).length;
    return { succeeded: sends.length - failed, failed };
  }

  /** All faults are over: every client is back within a bound, and sends succeed. */
  async expectService(): Promise<void> {
    await this.proxy.heal();
    using time = new OwnTime();
    for (;;) {
      // A machine that is so busy that nothing is done within the deadline has resumed its service all the same.
      const timeoutMs = TIMEOUT_MS + 4 * this.#lag.mostMs;
      const sent = [0, 1, 2, 3].map(() => this.traffic.send(this.sender, timeoutMs, { waitForReady: true }));
      await this.traffic.settle(timeoutMs + TOLERANCE_MS + this.#lag.mostMs);
      if (sent.every(({ error }) => error === undefined) && this.sender.status.ready === 2) return;
      expect(time.ms, 'service has not resumed').toBeLessThan(RESUME_MS);
    }
  }

  /** Closes both sides, in bounded time, and checks the books. */
  async finish(): Promise<void> {
    using time = new OwnTime();
    await this.sender.close();
    await this.traffic.settle(TOLERANCE_MS);
    await this.#server.shutdown({ timeoutMs: 500 });
    expect(time.ms, 'closing took too long').toBeLessThan(CLOSE_MS);
    expect(this.sender.status).toMatchObject({ state: 'closed', ready: 0 });
    expect(this.#server.connections).toBe(0);
    expectPromisesKept(this.traffic, this.executions, TOLERANCE_MS + this.#lag.mostMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#lag.stop();
    await this.sender.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.#server.close();
  }
}

/** How late timers are in this process. */
class Lag {
  mostMs = 0;
  readonly #over = new AbortController();

  constructor() {
    void this.#watch().catch(() => {});
  }

  stop(): void {
    this.#over.abort();
  }

  async #watch(): Promise<void> {
    for (;;) {
      const startMs = performance.now();
      await delay(20, undefined, { signal: this.#over.signal });
      this.mostMs = Math.max(this.mostMs, performance.now() - startMs - 20);
    }
  }
}
