import { Forked } from './forked.ts';
import type { Load } from './load.ts';
import type { BenchOptions } from './options.ts';
import { pinToOneCore } from './pin.ts';
import { type CaseResult, type Measurement, summarise } from './results.ts';

/** Told of each step: which case, and what is being done for it. */
export type Progress = (stringLength: number, window: number, doing: string) => void;

/** How much longer than planned a run may take before the bench gives up: a request was lost. */
const GRACE_MS = 15_000;

/** Enough at a time for the code to be compiled in next to no time. */
const WARM_UP_LOAD = { stringLength: 16, window: 64 };

/** Measures every case, all rows in turn in each round, and tells of each case when it is done. */
export async function bench(
  options: BenchOptions,
  progress: Progress,
  done: (result: CaseResult) => void,
): Promise<readonly CaseResult[]> {
  const rows = options.systems.map((id) => new RunningRow(id, options.profileDirectory));
  try {
    await Promise.all(rows.map((row) => row.start()));
    // Before the first case, so that it is not the one that all the compiling falls into.
    for (const row of rows) await row.measure({ ...WARM_UP_LOAD, durationMs: options.warmUpMs });
    const results: CaseResult[] = [];
    for (const stringLength of options.sizes) {
      for (const window of options.windows) {
        const tell = (doing: string) => progress(stringLength, window, doing);
        const result = await measureCase(rows, { stringLength, window }, options, tell);
        results.push(result);
        done(result);
      }
    }
    return results;
  } finally {
    await Promise.all(rows.map((row) => row.stop()));
  }
}

async function measureCase(
  rows: readonly RunningRow[],
  { stringLength, window }: Omit<Load, 'durationMs'>,
  { rounds, durationMs, warmUpMs, pin }: BenchOptions,
  tell: (doing: string) => void,
): Promise<CaseResult> {
  const unpin = pin && window === 1 ? pinToOneCore(rows.flatMap((row) => row.pids)) : undefined;
  const measured = new Map<string, Measurement[]>(rows.map(({ id }) => [id, []]));
  for (const row of rows) {
    tell(`warm-up, ${row.id}`);
    await row.measure({ stringLength, window, durationMs: warmUpMs });
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < rows.length; turn++) {
      // Another one begins each time: who follows whom on a machine with a clock of its own mind shall not matter.
      const row = rows[(round + turn) % rows.length] as RunningRow;
      tell(`round ${round + 1} of ${rounds}, ${row.id}`);
      measured.get(row.id)?.push(await row.measure({ stringLength, window, durationMs }));
    }
  }
  unpin?.();
  return { stringLength, window, pinned: unpin !== undefined, rows: summarise(measured) };
}

/** The two processes of a row. */
class RunningRow {
  readonly id: string;
  readonly #server: Forked;
  readonly #client: Forked;

  constructor(id: string, profileDirectory: string | undefined) {
    this.id = id;
    this.#server = new Forked(id, 'server', profileDirectory);
    this.#client = new Forked(id, 'client', profileDirectory);
  }

  get pids(): readonly number[] {
    return [this.#server.pid, this.#client.pid];
  }

  async start(): Promise<void> {
    const port = await this.#server.ask({ type: 'serve' });
    await this.#client.ask({ type: 'connect', port });
  }

  async measure(load: Load): Promise<Measurement> {
    const before = await this.#server.ask({ type: 'usage' });
    const result = await this.#client.ask({ type: 'run', load }, load.durationMs + GRACE_MS);
    const after = await this.#server.ask({ type: 'usage' });
    return { ...result, serverCpuUs: after - before };
  }

  async stop(): Promise<void> {
    await this.#client.stop();
    await this.#server.stop();
  }
}
