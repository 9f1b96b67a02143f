import { cpus, loadavg, totalmem } from 'node:os';
import type { BenchOptions } from './options.ts';
import type { CaseResult, RowResult } from './results.ts';
import { BASELINE } from './systems/index.ts';
import type { Row } from './systems/row.ts';
import { describeWork } from './workload.ts';

const COLUMNS: readonly (readonly [title: string, show: (row: RowResult) => string])[] = [
  ['queries/s', ({ queriesPerSecond }) => whole(queriesPerSecond.median)],
  ['min', ({ queriesPerSecond }) => whole(queriesPerSecond.min)],
  ['max', ({ queriesPerSecond }) => whole(queriesPerSecond.max)],
  [`of ${BASELINE}`, ({ shareOfRaw }) => fixed(shareOfRaw?.median, 3)],
  ['min', ({ shareOfRaw }) => fixed(shareOfRaw?.min, 3)],
  ['max', ({ shareOfRaw }) => fixed(shareOfRaw?.max, 3)],
  ['p50 ms', ({ p50Ms }) => fixed(p50Ms, 3)],
  ['p99 ms', ({ p99Ms }) => fixed(p99Ms, 3)],
  ['p99.9 ms', ({ p999Ms }) => fixed(p999Ms, 3)],
  ['client us', ({ clientCpuUs }) => fixed(clientCpuUs, 1)],
  ['server us', ({ serverCpuUs }) => fixed(serverCpuUs, 1)],
  ['client MB', ({ clientPeakBytes }) => whole(clientPeakBytes / 1e6)],
  ['server MB', ({ serverPeakBytes }) => whole(serverPeakBytes / 1e6)],
  ['unanswered', ({ unanswered }) => (unanswered === 0 ? '-' : whole(unanswered))],
];

/** What a run was made on and with. */
export interface Run {
  readonly date: string;
  readonly node: string;
  readonly machine: {
    readonly cpus: number;
    readonly model: string;
    readonly memoryBytes: number;
    readonly platform: string;
    readonly arch: string;
    /** How many processes wanted a core in the minute before the run: 0 on an idle machine. */
    readonly loadBefore?: number;
  };
  /** Of each row that was measured. */
  readonly versions: Readonly<Record<string, string>>;
  readonly options: Pick<BenchOptions, 'rounds' | 'durationMs' | 'warmUpMs' | 'pin' | 'quick'>;
  readonly cases: readonly CaseResult[];
}

/** How busy the machine is: to be asked before a run. */
export function loadNow(): number {
  return Math.round(10 * (loadavg()[0] ?? 0)) / 10;
}

/** What must be said of figures that were measured while others wanted the cores; nothing where nobody did. */
export function busyNote({ cpus: cores, loadBefore }: Run['machine']): string | undefined {
  if (loadBefore === undefined || loadBefore < cores / 2) return undefined;
  return `The machine was busy with other work (load average ${loadBefore} before the run): these figures are provisional.`;
}

/** The results with all that one must know to compare them with others. */
export function describeResults(
  rows: readonly Row[],
  { rounds, durationMs, warmUpMs, pin, quick }: BenchOptions,
  cases: readonly CaseResult[],
  loadBefore: number,
): Run {
  return {
    date: new Date().toISOString(),
    node: process.version,
    machine: {
      cpus: cpus().length,
      model: cpus()[0]?.model.trim() ?? 'unknown processor',
      memoryBytes: totalmem(),
      platform: process.platform,
      arch: process.arch,
      loadBefore,
    },
    versions: Object.fromEntries(rows.map((row) => [row.id, row.version() ?? 'unknown'])),
    options: { rounds, durationMs, warmUpMs, pin, quick },
    cases,
  };
}

/** The lines in front of the tables: on what was measured, and how to read it. */
export function describeRun(rows: readonly Row[], { rounds, durationMs, work }: BenchOptions): string {
  const wide = Math.max(...rows.map(({ id }) => id.length));
  const each = work.some(({ kind }) => kind === 'window') ? ` of ${durationMs} ms` : '';
  return [
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    'Client and server in two processes over TCP on 127.0.0.1; each answer checked.',
    `Medians, least and most of ${rounds} rounds${each}, all rows in turn; shares are taken within each round.`,
    '"client us", "server us": CPU time of the process per request; "MB": the most memory that was resident;',
    '"unanswered": requests without an answer long after the end of their round, the most of any round.',
    ...rows.map(({ id, about }) => `  ${id.padEnd(wide)}  ${about}`),
  ].join('\n');
}

/** The table of a case. */
export function formatCase({ work, pinned, rows }: CaseResult): string {
  const lines = [
    ['', ...COLUMNS.map(([title]) => title)],
    ...rows.map((row) => [row.id, ...COLUMNS.map(([, show]) => show(row))]),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  const table = lines.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [`${describeWork(work)}${work.kind === 'window' ? noteOn(work.window, pinned) : ''}`, ...table].join('\n');
}

function noteOn(window: number, pinned: boolean): string {
  if (window !== 1) return '';
  return pinned
    ? ' (all processes on one core)'
    : ' (across cores: measures mostly how the machine wakes processes up)';
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}
