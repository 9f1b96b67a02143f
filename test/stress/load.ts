import type { Sender, SendOptions } from 'cmd-stream';
import type { interop } from '../interop/support/protocol.ts';
import type { Health } from './health.ts';
import type { Entry, Ledger, Settled } from './ledger.ts';
import type { Workload } from './workload/index.ts';
import type { Work } from './workload/work.ts';

/** How the sender is loaded. */
export interface LoadOptions {
  /** Sends begun per second, while there is room. */
  readonly rate: number;
  /** The most sends under way at a time. */
  readonly inFlight: number;
}

const TICK_MS = 10;
/** What was missed is caught up with for so long, not longer. */
const MAX_CATCH_UP_MS = 50;

/** Keeps sends under way, at a steady rate and bounded in number, and brings all that comes of them to the ledger. */
export class Load {
  readonly #sender: Sender<typeof interop>;
  readonly #workload: Workload;
  readonly #ledger: Ledger;
  readonly #health: Health;
  readonly #options: LoadOptions;
  #timer: NodeJS.Timeout | undefined;
  #lastTickMs = 0;
  #credit = 0;

  constructor(
    sender: Sender<typeof interop>,
    workload: Workload,
    ledger: Ledger,
    health: Health,
    options: LoadOptions,
  ) {
    this.#sender = sender;
    this.#workload = workload;
    this.#ledger = ledger;
    this.#health = health;
    this.#options = options;
  }

  /** Begins sends from now on. */
  start(): void {
    this.stop();
    this.#lastTickMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Begins no more; what is under way goes on. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Waits until nothing is under way; `false` where that has not come after `timeoutMs`. */
  async settled(timeoutMs: number): Promise<boolean> {
    const untilMs = performance.now() + timeoutMs;
    while (this.#ledger.inFlight > 0 && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
    return this.#ledger.inFlight === 0;
  }

  #tick(): void {
    const now = performance.now();
    const { rate, inFlight } = this.#options;
    this.#credit += (Math.min(now - this.#lastTickMs, MAX_CATCH_UP_MS) / 1000) * rate;
    this.#lastTickMs = now;
    while (this.#credit >= 1 && this.#ledger.inFlight < inFlight) {
      this.#credit--;
      void this.#send(this.#workload.next());
    }
    this.#credit = Math.min(this.#credit, 1);
  }

  async #send(work: Work): Promise<void> {
    const { period } = this.#health;
    const entry = this.#ledger.begin(this.#workload.lastId, work.command.name, work);
    const abort = work.abortAfterMs === undefined ? undefined : new AbortController();
    const timer = abort && setTimeout(() => abort.abort(), work.abortAfterMs);
    let settled: Settled;
    try {
      settled = await this.#run(work, entry, abort?.signal);
    } catch (error) {
      settled = { error };
    }
    clearTimeout(timer);
    this.#ledger.settled(entry, settled);
    if (settled === 'success') {
      const quick = work.quick === true && work.waitForReady !== true;
      this.#health.answered(entry.startMs, performance.now(), quick ? period : undefined);
    }
  }

  async #run(work: Work, entry: Entry, signal: AbortSignal | undefined): Promise<Settled> {
    const { command, timeoutMs, mode, leaveAfter, resultsCount } = work;
    const sender = this.#sender;
    const options: SendOptions = { signal, waitForReady: work.waitForReady };
    const take = (value: unknown) => this.#ledger.result(entry, value);
    const deadline = work.absolute === true ? Date.now() + timeoutMs : undefined;
    if (mode === 'single') {
      take(
        await (deadline === undefined
          ? sender.send(command, { ...options, timeoutMs })
          : sender.sendWithDeadline(command, deadline, options)),
      );
      return 'success';
    }
    const multi = { ...options, resultsCount };
    if (mode === 'handle') {
      await (deadline === undefined
        ? sender.sendMulti(command, take, { ...multi, timeoutMs })
        : sender.sendMultiWithDeadline(command, deadline, take, multi));
      return 'success';
    }
    const results =
      deadline === undefined
        ? sender.sendMulti(command, { ...multi, timeoutMs })
        : sender.sendMultiWithDeadline(command, deadline, multi);
    for await (const value of results) {
      take(value);
      if (entry.results === leaveAfter) return 'left';
    }
    return 'success';
  }
}
