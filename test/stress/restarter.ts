import { setTimeout as wait } from 'node:timers/promises';
import type { TestRandom } from '../support/random.ts';
import type { Health } from './health.ts';
import type { Ledger } from './ledger.ts';
import type { Load } from './load.ts';
import { type Peer, ServerProcess } from './peers/server-process.ts';

/** What is done to the service. */
export type Fault = 'stop' | 'kill' | 'pause' | 'quiet';

/** What happens in the course of ten faults, in a random order: so that no kind stays away for long. */
const DECK: readonly Fault[] = ['stop', 'stop', 'stop', 'kill', 'kill', 'kill', 'pause', 'pause', 'pause', 'quiet'];

/** How long a server may take to stop in order. */
const STOP_TIMEOUT_MS = 5000;
/** A quiet time is longer than a server bears silence, and so than keepalive may be silent. */
const QUIET_MS = { least: 3000, most: 5000 };
const LOOK_MS = 20;

/** What the restarter works with. */
export interface RestarterParts {
  readonly peer: Peer;
  readonly port: number;
  readonly ledger: Ledger;
  readonly health: Health;
  readonly random: TestRandom;
  readonly faultEveryMs: number;
  /** How long after a fault service may take to resume. */
  readonly resumeMs: number;
  /** The id of the Command that was sent last. */
  lastId(): number;
}

/** Keeps the server: starts it, and does to it what happens to servers, at random. */
export class Restarter {
  /** How often each fault was done. */
  readonly counts: Record<Fault, number> = { stop: 0, kill: 0, pause: 0, quiet: 0 };
  /** The longest that service took to resume. */
  maxResumeMs = 0;
  readonly #parts: RestarterParts;
  #server: ServerProcess | undefined;
  /** The faults that are still to come before the next deck. */
  #deck: Fault[] = [];

  constructor(parts: RestarterParts) {
    this.#parts = parts;
  }

  /** Servers started again, whatever ended the one before. */
  get restarts(): number {
    return this.counts.stop + this.counts.kill;
  }

  /** Starts the server. */
  async start(): Promise<void> {
    const { peer, port, ledger, health, lastId } = this.#parts;
    ledger.lives.begin();
    this.#server = await ServerProcess.start(peer, port, (id) => ledger.executions.executed(id, lastId()));
    health.isUp = true;
  }

  /** Does one thing after the other until the time is over or `signal` fires; the server is there again at the end. */
  async run(untilMs: number, load: Load, signal: AbortSignal): Promise<void> {
    const { random, faultEveryMs, peer } = this.#parts;
    while (!signal.aborted) {
      const calmMs = random.int(faultEveryMs / 2, faultEveryMs * 1.5);
      const fault = this.#drawFault();
      const lastsMs = this.#drawDuration(fault);
      // Some follow upon each other before service has resumed.
      const patient = random.chance(0.8);
      if (performance.now() + calmMs + lastsMs > untilMs) return;
      await pause(calmMs, signal);
      if (signal.aborted) return;
      this.counts[fault]++;
      if (fault === 'quiet') await this.#quiet(lastsMs, load, signal);
      else if (fault === 'pause') await this.#pause(lastsMs);
      else await this.#restart(fault, lastsMs);
      if (patient) await this.resumed(`${fault} of the ${peer.title}`);
    }
  }

  /** Waits until service has resumed: all connections, the breaker, and an answer to a Command sent since. */
  async resumed(after: string): Promise<void> {
    const { health, ledger, resumeMs } = this.#parts;
    const sinceMs = performance.now();
    while (!(health.isWell && health.lastAnsweredStartMs > sinceMs)) {
      if (performance.now() - sinceMs > resumeMs) {
        ledger.errors.add(`${resumeMs} ms after the ${after} service has not resumed: ${health.description}`);
        return;
      }
      await wait(LOOK_MS);
    }
    this.maxResumeMs = Math.max(this.maxResumeMs, performance.now() - sinceMs);
  }

  /** Stops the server in order and verifies what it tells of itself. */
  async stop(): Promise<void> {
    const { health, ledger, peer } = this.#parts;
    const server = this.#server;
    if (server === undefined) return;
    health.isUp = false;
    server.signal('SIGTERM');
    const giveUp = new AbortController();
    const late = wait(STOP_TIMEOUT_MS, 'late', { signal: giveUp.signal }).catch(() => 'ended');
    if ((await Promise.race([server.ended, late])) === 'late') {
      ledger.errors.add(`the ${peer.title} did not stop within ${STOP_TIMEOUT_MS} ms`);
      await server.kill();
    }
    giveUp.abort();
    if (server.executed !== undefined) ledger.lives.check(server.executed, (command) => ledger.underWay(command));
    else if (!peer.tellsIds) ledger.errors.add(`the ${peer.title} did not tell what it executed`);
  }

  /** Ends the server whatever it is doing. */
  kill(): void {
    this.#server?.signal('SIGKILL');
  }

  async #restart(fault: 'stop' | 'kill', awayMs: number): Promise<void> {
    if (fault === 'stop') await this.stop();
    else {
      this.#parts.health.isUp = false;
      await this.#server?.kill();
    }
    await wait(awayMs);
    await this.start();
  }

  async #pause(ms: number): Promise<void> {
    const { health } = this.#parts;
    health.isUp = false;
    this.#server?.signal('SIGSTOP');
    await wait(ms);
    this.#server?.signal('SIGCONT');
    health.isUp = true;
  }

  async #quiet(ms: number, load: Load, signal: AbortSignal): Promise<void> {
    const { health, ledger } = this.#parts;
    load.stop();
    await load.settled(STOP_TIMEOUT_MS);
    const lost = health.lostConnections;
    await pause(ms, signal);
    if (health.lostConnections > lost) {
      const count = health.lostConnections - lost;
      ledger.errors.add(`${count} connections lost while nothing was sent for ${ms} ms: ${health.lastLoss?.message}`);
    }
    // Also when the run ends early: service is verified by what is sent.
    load.start();
  }

  #drawFault(): Fault {
    const { random } = this.#parts;
    if (this.#deck.length === 0) this.#deck = [...DECK];
    return this.#deck.splice(random.int(0, this.#deck.length - 1), 1)[0] as Fault;
  }

  #drawDuration(fault: Fault): number {
    const { random, faultEveryMs } = this.#parts;
    if (fault === 'quiet') return random.int(QUIET_MS.least, QUIET_MS.most);
    // Shorter than keepalive notices, or longer.
    if (fault === 'pause') return random.int(50, Math.min(4000, faultEveryMs));
    return random.chance(0.5) ? 0 : random.int(0, Math.min(2000, faultEveryMs));
  }
}

/** Waits; not longer than until `signal` fires. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {});
}
