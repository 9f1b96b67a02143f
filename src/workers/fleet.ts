import type { WorkerLink } from '../../machines/worker.ts';
import type { WorkersLink } from '../../machines/workers.ts';
import { systemClock } from '../base/clock.ts';
import type { MetricFamily } from '../telemetry/metrics/family.ts';
import { type CollectedMetrics, lasting, summed } from './collected-metrics.ts';
import { ForkedWorker, type Forking } from './forked-worker.ts';
import type { ResolvedWorkersOptions } from './options.ts';

const ANSWER_WITHIN_MS = 1_000;

/** A question about metrics that is under way. */
interface Question {
  readonly unanswered: Set<number>;
  readonly answered: () => void;
}

/** All processes of a file, and what they have said. */
export class Fleet implements WorkersLink {
  /** Where they listen: one address, unless each has a port of its own. */
  readonly addresses: string[] = [];

  readonly #forking: Forking;
  readonly #workers = new Map<number, ForkedWorker>();
  /** What each process has said of its metrics at last, by its pid. */
  readonly #measured = new Map<number, readonly MetricFamily[]>();
  readonly #questions = new Map<number, Question>();
  #kept: readonly MetricFamily[] = [];
  #asked = 0;

  constructor(path: string, execArgv: readonly string[], options: ResolvedWorkersOptions) {
    this.#forking = {
      path,
      execArgv,
      options,
      forked: (id, worker) => {
        for (const [old, { isOver }] of this.#workers) if (isOver) this.#workers.delete(old);
        this.#workers.set(id, worker);
      },
      served: (address) => {
        if (!this.addresses.includes(address)) this.addresses.push(address);
      },
      measured: (pid, families, question) => {
        this.#measured.set(pid, families);
        if (question !== undefined) this.#answered(question, pid);
      },
      gone: (pid) => {
        this.#kept = summed([...this.#kept, ...lasting(this.#measured.get(pid) ?? [])]);
        this.#measured.delete(pid);
        for (const question of this.#questions.keys()) this.#answered(question, pid);
      },
    };
  }

  /** Where the first listens. */
  get address(): string {
    return this.addresses[0] ?? '';
  }

  worker(id: number): WorkerLink {
    return new ForkedWorker(id, this.#forking);
  }

  /** The process of a worker. */
  pidOf(id: number): number | undefined {
    return this.#workers.get(id)?.pid;
  }

  /** Asks all, and sums what they say. */
  async metrics(): Promise<CollectedMetrics> {
    await this.#ask();
    const families = summed([...this.#kept, ...[...this.#measured.values()].flat()]);
    return { collect: () => families };
  }

  #ask(): Promise<void> {
    const question = ++this.#asked;
    const workers = [...this.#workers.values()].filter(({ pid }) => pid !== undefined);
    if (workers.length === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const answered = () => {
        systemClock.clearTimeout(timer);
        this.#questions.delete(question);
        resolve();
      };
      const timer = systemClock.setTimeout(answered, ANSWER_WITHIN_MS);
      const unanswered = new Set(workers.map(({ pid }) => pid as number));
      this.#questions.set(question, { unanswered, answered });
      for (const worker of workers) worker.tell({ cmdStream: 'collect', question });
    });
  }

  #answered(number: number, pid: number): void {
    const question = this.#questions.get(number);
    if (question?.unanswered.delete(pid) && question.unanswered.size === 0) question.answered();
  }
}
