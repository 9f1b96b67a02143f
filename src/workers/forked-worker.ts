import cluster, { type Worker } from 'node:cluster';
import type { ProcessEvent, WorkerLink } from '../../machines/worker.ts';
import { systemClock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import type { MetricFamily } from '../telemetry/metrics/family.ts';
import { type FromWorker, isOurs, type ToWorker, WORKER_VARIABLE } from './messages.ts';
import type { ResolvedWorkersOptions } from './options.ts';
import { closeUntaken } from './untaken.ts';

const FIRST_BACKOFF_MS = 100;

/** What all processes of a file have in common. */
export interface Forking {
  readonly path: string;
  readonly execArgv: readonly string[];
  readonly options: ResolvedWorkersOptions;
  /** A worker has a process. */
  forked(id: number, worker: ForkedWorker): void;
  /** A process serves there. */
  served(address: string): void;
  /** What a process says of its metrics; as answer to a question, or at its end. */
  measured(pid: number, families: readonly MetricFamily[], question: number | undefined): void;
  /** A process is gone. */
  gone(pid: number): void;
}

/** The processes of one worker, one after the other, by node:cluster. */
export class ForkedWorker implements WorkerLink {
  readonly #id: number;
  readonly #forking: Forking;
  #worker: Worker | undefined;
  #isWanted = true;

  constructor(id: number, forking: Forking) {
    this.#id = id;
    this.#forking = forking;
  }

  /** The process that there is now. */
  get pid(): number | undefined {
    return this.#worker?.process.pid;
  }

  /** What inspectors see of it. */
  toJSON(): object {
    return { pid: this.pid };
  }

  /** Whether there is no process, and none comes. */
  get isOver(): boolean {
    return !this.#isWanted && this.#worker === undefined;
  }

  fork(report: (event: ProcessEvent) => void): void {
    const { path, execArgv, options } = this.#forking;
    cluster.schedulingPolicy = cluster.SCHED_RR;
    cluster.setupPrimary({ exec: path, execArgv: [...execArgv], args: process.argv.slice(2) });
    const worker = cluster.fork({ [WORKER_VARIABLE]: options.via });
    closeUntaken(worker);
    this.#worker = worker;
    this.#forking.forked(this.#id, this);
    let reason: string | undefined;
    worker.on('listening', () => report({ type: 'process.listening' }));
    worker.on('message', (message: unknown) => {
      if (!isOurs<FromWorker>(message)) return;
      if (message.cmdStream === 'failed') reason = message.message;
      else if (message.cmdStream === 'metrics') {
        this.#forking.measured(worker.process.pid ?? 0, message.families, message.question);
      } else {
        this.#forking.served(message.address);
        report({ type: 'process.serving' });
      }
    });
    let isOver = false;
    const over = (how: string) => {
      if (isOver) return;
      isOver = true;
      const pid = worker.process.pid ?? 0;
      if (this.#worker === worker) this.#worker = undefined;
      this.#forking.gone(pid);
      const why = reason === undefined ? how : `${reason} (${how})`;
      if (this.#isWanted) options.onWorkerDied(why, pid);
      report({ type: 'process.exited', reason: why, atMs: systemClock.monotonicMs() });
    };
    worker.on('error', (error) => {
      // One that could not be started has no exit.
      if (worker.process.pid === undefined) over(error.message);
    });
    worker.on('exit', (code, signal) => over(signal ? `signal ${signal}` : `exit code ${code}`));
  }

  drain(timeoutMs: number): void {
    this.#isWanted = false;
    this.tell({ cmdStream: 'drain', timeoutMs });
  }

  close(): void {
    this.#isWanted = false;
    this.tell({ cmdStream: 'close' });
  }

  kill(): void {
    this.#worker?.process.kill('SIGKILL');
  }

  backoffMs(deaths: number): number {
    const longestMs = Math.min(this.#forking.options.maxBackoffMs, FIRST_BACKOFF_MS * 2 ** deaths);
    return systemRandom() * longestMs;
  }

  /** Sends it a message; one that is gone gets none. */
  tell(message: ToWorker): void {
    if (this.#worker?.isConnected()) this.#worker.send(message, () => {});
  }
}
