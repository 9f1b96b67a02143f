import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { invalidOption } from '../base/options/check.ts';
import { among, count, duration, type OptionTable, type Resolved, resolveOptions } from '../base/options/table.ts';
import { type Inspect, resolveInspect } from '../inspect/options.ts';

/** Options of `serveWorkers`. */
export interface WorkersOptions {
  /** How many processes there are. Default: one for each core (`os.availableParallelism()`), from 1 to 1,024. */
  readonly workers?: number | undefined;
  /**
   * How connections come to processes. `'round-robin'`: in turns, by node:cluster; 16 connections are 4 for each of 4.
   * `'reuse-port'`: the system spreads them by a hash (SO_REUSEPORT), without a way through the first process; with few
   * connections some workers may have none. Needs a port other than 0, Linux, and Node 22.12, 23.1 or later, or Bun.
   * Default `'round-robin'`.
   */
  readonly via?: 'round-robin' | 'reuse-port' | undefined;
  /** How long a process may take until it serves, in milliseconds. Default 30,000. */
  readonly startTimeoutMs?: number | undefined;
  /** How long Commands in flight may take once a process is to end, in milliseconds. Default 10,000. */
  readonly shutdownTimeoutMs?: number | undefined;
  /**
   * How long a process may go on once it serves nothing any more (for what the file has to close), in milliseconds; then
   * it is killed. Default 5,000.
   */
  readonly exitTimeoutMs?: number | undefined;
  /** The longest wait before a process that has died is replaced, in milliseconds; it doubles from 100. Default 5,000. */
  readonly maxBackoffMs?: number | undefined;
  /** Told of each process that dies without having been asked to, and why. Default: the process writes it to stderr. */
  readonly onWorkerDied?: ((reason: string, pid: number) => void) | undefined;
  /**
   * Inspector that watches the statecharts of the workers live, as for `serve`; what each process serves is seen by the `inspect` of its own
   * `serve`. Default: none, at no cost.
   */
  readonly inspect?: Inspect | undefined;
}

const TABLE = {
  workers: (field: string, value: unknown) => count(availableParallelism(), { max: 1_024 })(field, value),
  via: among('round-robin', ['round-robin', 'reuse-port']),
  startTimeoutMs: duration(30_000),
  shutdownTimeoutMs: duration(10_000, { minMs: 0 }),
  exitTimeoutMs: duration(5_000),
  maxBackoffMs: duration(5_000),
  onWorkerDied: (field: string, value: WorkersOptions['onWorkerDied']) => {
    if (value === undefined) return writeDeath;
    if (typeof value === 'function') return value;
    throw invalidOption(field, 'a function', value);
  },
  inspect: (_field: string, value: Inspect | undefined) => resolveInspect(value),
} satisfies OptionTable<WorkersOptions>;

/** Options that are complete. */
export type ResolvedWorkersOptions = Resolved<typeof TABLE>;

/** @throws CmdStreamError `invalid-argument` for options that are not acceptable. */
export function resolveWorkersOptions(options: WorkersOptions = {}): ResolvedWorkersOptions {
  return resolveOptions('the options of serveWorkers()', options, TABLE);
}

/** The path of the file that the processes run. @throws CmdStreamError `invalid-argument` where it is no file. */
export function pathOf(file: unknown): string {
  const accepted = "the URL of a file, as new URL('./server.ts', import.meta.url)";
  const text = file instanceof URL ? file.href : file;
  if (typeof text !== 'string' || !text.startsWith('file:')) throw invalidOption('file', accepted, text);
  try {
    return fileURLToPath(text);
  } catch {
    throw invalidOption('file', accepted, text);
  }
}

function writeDeath(reason: string, pid: number): void {
  process.stderr.write(`cmd-stream: the worker ${pid} has died: ${reason}\n`);
}
