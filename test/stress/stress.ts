import { setTimeout as wait } from 'node:timers/promises';
import { createSender, json, type Sender } from 'cmd-stream';
import { interop } from '../interop/support/protocol.ts';
import { freePort } from '../support/ports.ts';
import { TestRandom } from '../support/random.ts';
import { CountingClock, countingTransport, liveHandles } from './counting.ts';
import { Health } from './health.ts';
import { collectedHeapBytes, type HeapSizes } from './heap.ts';
import { Ledger } from './ledger.ts';
import { Load } from './load.ts';
import type { StressOptions } from './options.ts';
import type { Peer } from './peers/server-process.ts';
import { Restarter } from './restarter.ts';
import { RunningTime } from './running-time.ts';
import { VerifyErrors } from './verify-errors.ts';
import { Workload } from './workload/index.ts';

/** What a run is doing. */
export interface Progress {
  readonly elapsedMs: number;
  readonly durationMs: number;
  readonly settled: number;
  readonly inFlight: number;
  readonly restarts: number;
  readonly outcomes: Ledger['tally']['totals'];
  readonly verifyErrors: number;
  readonly heapBytes: number;
}

/** A send has at most so long; what comes after the load has ended. */
const LONGEST_TIMEOUT_MS = 4000;
/** The share of a run at its end in which nothing happens to the server any more: there service must be well. */
const CALM_END = { share: 0.1, atMostMs: 3000 };
/** The share of a run at its start in which code is compiled and tables grow. */
const WARM_UP = { share: 0.1, atMostMs: 10_000 };
/** What a heap that is steady may still have grown by, from the warmed-up start to the end. */
const HEAP_GROWTH_BYTES = 24 * 2 ** 20;
const CLOSE_TIMEOUT_MS = 5000;
/** How long the resources of what has been closed may take to go. */
const HANDLES_GONE_MS = 2000;

/** One run: a sender under load, and a server to which things happen. */
export class Stress {
  readonly errors = new VerifyErrors();
  readonly ledger: Ledger;
  readonly health = new Health();
  readonly time = new RunningTime();
  readonly restarter: Restarter;
  readonly heap: HeapSizes = { start: undefined, middle: undefined, end: undefined };
  /** Timers and handles left after closing. */
  left: readonly string[] = [];
  /** Connections that the sender tried to open. */
  dials = 0;
  elapsedMs = 0;
  readonly #options: StressOptions;
  readonly #peer: Peer;
  readonly #port: number;
  readonly #workload: Workload;
  readonly #clock = new CountingClock();
  readonly #stop = new AbortController();
  readonly #startMs = performance.now();

  private constructor(options: StressOptions, peer: Peer, port: number) {
    const random = new TestRandom(options.seed);
    this.#options = options;
    this.#peer = peer;
    this.#port = port;
    this.ledger = new Ledger(this.errors, options.toleranceMs, undefined, this.time.now);
    this.#workload = new Workload(random.stream('workload'), peer.failureClosesConnection);
    this.restarter = new Restarter({
      ...options,
      peer,
      port,
      ledger: this.ledger,
      health: this.health,
      random: random.stream('faults'),
      lastId: () => this.#workload.lastId,
    });
  }

  /** Prepares a run. */
  static async prepare(options: StressOptions, peer: Peer): Promise<Stress> {
    return new Stress(options, peer, await freePort());
  }

  /** What it is doing. */
  get progress(): Progress {
    const { ledger } = this;
    return {
      elapsedMs: performance.now() - this.#startMs,
      durationMs: this.#options.durationMs,
      settled: ledger.tally.settled,
      inFlight: ledger.inFlight,
      restarts: this.restarter.restarts,
      outcomes: ledger.tally.totals,
      verifyErrors: this.errors.count,
      heapBytes: process.memoryUsage().heapUsed,
    };
  }

  /** Ends it early, in order. */
  stop(): void {
    this.#stop.abort();
  }

  /** Runs to the end. What was not as it must be is in `errors` then. */
  async run(): Promise<void> {
    const { restarter, ledger } = this;
    const before = liveHandles();
    let sender: Sender<typeof interop> | undefined;
    try {
      this.time.start();
      await restarter.start();
      sender = await this.#connect();
      await this.#underLoad(sender);
      this.heap.end = collectedHeapBytes();
      this.#checkHeap();
      const closed = sender.closeAndWait(CLOSE_TIMEOUT_MS).then(() => 'closed');
      const late = wait(2 * CLOSE_TIMEOUT_MS, 'late', { ref: false });
      if ((await Promise.race([closed, late])) === 'late') this.errors.add('the sender did not close in time');
      await restarter.stop();
      this.time.stop();
      if (this.#peer.tellsIds) ledger.executions.finish();
      await this.#checkLeft(before);
    } finally {
      restarter.kill();
      this.time.stop();
      // It is closed already, unless something has thrown.
      void sender?.close();
    }
    this.elapsedMs = performance.now() - this.#startMs;
  }

  async #connect(): Promise<Sender<typeof interop>> {
    return await createSender(interop, {
      address: `127.0.0.1:${this.#port}`,
      clients: this.#options.clients,
      codec: json({ int64: 'bigint' }),
      // Fast, so that a short run sees much.
      keepalive: { timeMs: 700, timeoutMs: 1000 },
      reconnect: { initialMs: 50, maxMs: 1000, resetAfterMs: 500 },
      handshakeTimeoutMs: 2000,
      circuitBreaker: { windowSize: 40, failureRate: 0.5, openDurationMs: 250, successThreshold: 3 },
      hooks: this.ledger.hooks,
      onStatus: this.health.onStatus,
      onUnexpectedResult: (result) => this.ledger.unexpected(result),
      clock: this.#clock,
      transport: countingTransport(() => {
        this.dials++;
      }),
    });
  }

  async #underLoad(sender: Sender<typeof interop>): Promise<void> {
    const { restarter, ledger, health, errors } = this;
    const { durationMs } = this.#options;
    const { signal } = this.#stop;
    const load = new Load(sender, this.#workload, ledger, health, this.#options);
    // Connected before anybody listened to its status.
    health.onStatus(sender.status);
    for (const client of sender.status.clients) health.onStatus(client);
    const startMs = performance.now();
    const sweeper = setInterval(() => ledger.sweep(), 250);
    const heapTimers = [
      setTimeout(
        () => (this.heap.start = collectedHeapBytes()),
        Math.min(WARM_UP.atMostMs, WARM_UP.share * durationMs),
      ),
      setTimeout(() => (this.heap.middle = collectedHeapBytes()), durationMs / 2),
    ];
    const calmMs = Math.min(CALM_END.atMostMs, CALM_END.share * durationMs);
    load.start();
    try {
      await restarter.run(startMs + durationMs - calmMs, load, signal);
      await restarter.resumed('last fault');
      await wait(Math.max(0, startMs + durationMs - performance.now()), undefined, { signal }).catch(() => {});
      load.stop();
      if (!(await load.settled(LONGEST_TIMEOUT_MS + this.#options.toleranceMs))) {
        errors.add(`${ledger.inFlight} sends have not settled`);
      }
      ledger.sweep();
    } finally {
      load.stop();
      clearInterval(sweeper);
      for (const timer of heapTimers) clearTimeout(timer);
    }
  }

  #checkHeap(): void {
    const { start, end } = this.heap;
    if (start === undefined || end === undefined || end - start <= HEAP_GROWTH_BYTES) return;
    this.errors.add(`the heap has grown by ${((end - start) / 2 ** 20).toFixed(0)} MB`);
  }

  async #checkLeft(before: readonly string[]): Promise<void> {
    const untilMs = performance.now() + HANDLES_GONE_MS;
    do {
      const handles = liveHandles();
      for (const type of before) {
        const index = handles.indexOf(type);
        if (index >= 0) handles.splice(index, 1);
      }
      this.left = [...handles, ...Array.from({ length: this.#clock.live }, () => 'timer of the sender')];
      if (this.left.length === 0) return;
      await wait(20, undefined, { ref: false });
    } while (performance.now() < untilMs);
    this.errors.add(`left after closing: ${this.left.join(', ')}`);
  }
}
