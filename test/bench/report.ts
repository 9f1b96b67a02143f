import { cpus } from 'node:os';
import type { CaseResult, RowResult } from './results.ts';
import { BASELINE, ROWS } from './systems/index.ts';

const COLUMNS: readonly (readonly [title: string, show: (row: RowResult) => string])[] = [
  ['queries/s', ({ queriesPerSecond }) => whole(queriesPerSecond.median)],
  ['min', ({ queriesPerSecond }) => whole(queriesPerSecond.min)],
  ['max', ({ queriesPerSecond }) => whole(queriesPerSecond.max)],
  [`of ${BASELINE}`, ({ shareOfRaw }) => fixed(shareOfRaw?.median, 2)],
  ['min', ({ shareOfRaw }) => fixed(shareOfRaw?.min, 2)],
  ['max', ({ shareOfRaw }) => fixed(shareOfRaw?.max, 2)],
  ['p50 ms', ({ p50Ms }) => fixed(p50Ms, 3)],
  ['p99 ms', ({ p99Ms }) => fixed(p99Ms, 3)],
  ['client us', ({ clientCpuUs }) => fixed(clientCpuUs, 1)],
  ['server us', ({ serverCpuUs }) => fixed(serverCpuUs, 1)],
];

/** The lines in front of the tables: on what was measured, and how to read it. */
export function describeRun(rowIds: readonly string[], rounds: number, durationMs: number): string {
  const wide = Math.max(...rowIds.map((id) => id.length));
  const legend = ROWS.filter(({ id }) => rowIds.includes(id)).map(({ id, about }) => `  ${id.padEnd(wide)}  ${about}`);
  return [
    `Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    'Client and server in two processes over TCP on 127.0.0.1, one connection; each answer checked.',
    `Medians, least and most of ${rounds} rounds of ${durationMs} ms, all rows in turn; shares are taken within each round.`,
    '"client us", "server us": CPU time of the process per request.',
    ...legend,
  ].join('\n');
}

/** The table of a case. */
export function formatCase({ stringLength, window, pinned, rows }: CaseResult): string {
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
  return [`${whole(stringLength)} characters, window ${whole(window)}${noteOn(window, pinned)}`, ...table].join('\n');
}

function noteOn(window: number, pinned: boolean): string {
  if (window !== 1) return '';
  return pinned
    ? ' (both processes on one core)'
    : ' (across cores: measures mostly how the machine wakes processes up)';
}

/** The results with all that one must know to compare them with others, as JSON. */
export function toJson(cases: readonly CaseResult[], options: object): string {
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model.trim(),
    platform: process.platform,
    arch: process.arch,
  };
  const run = { date: new Date().toISOString(), node: process.version, machine, options };
  return JSON.stringify({ ...run, cases }, undefined, 2);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined ? '-' : value.toFixed(digits);
}
