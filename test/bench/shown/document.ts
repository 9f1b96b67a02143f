// Fills the measured figures into docs/performance.md, between comments that mark where they stand.
import { busyNote, type Run } from '../report.ts';
import type { CaseResult, RowResult } from '../results.ts';
import type { Spread } from '../statistics.ts';
import { BASELINE } from '../systems/index.ts';
import { describeWork } from '../workload.ts';
import { type Goal, goalsOf, isReached } from './goals.ts';

/** @throws Error where the document has not the marks. */
export function fillDocument(document: string, run: Run): string {
  return fill(
    fill(fill(document, 'goals', goalTable(run)), 'run', describeMachine(run)),
    'cases',
    caseTables(run.cases),
  );
}

/**
 * Fills in what telemetry costs.
 *
 * @throws Error where the document has not the mark.
 */
export function fillTelemetry(document: string, run: Run): string {
  return fill(document, 'telemetry', `${describeMachine(run)}\n\n${run.cases.map(telemetryTable).join('\n\n')}`);
}

function fill(document: string, name: string, text: string): string {
  const begin = `<!-- measured: ${name} -->\n`;
  const end = `<!-- end: ${name} -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place '${begin.trim()}' ... '${end}'`);
  return `${document.slice(0, from + begin.length)}\n${text}\n\n${document.slice(to)}`;
}

function goalTable({ cases }: Run): string {
  return [
    '| measure | goal | stretch | measured | reached |',
    '|---|---|---|---|---|',
    ...goalsOf(cases).map((goal) => {
      const bound = goal.isLimit ? 'at most ' : '';
      const measured = goal.measured === undefined ? 'not measured' : figure(goal.measured);
      return `| ${goal.measure} | ${bound}${goal.goal} | ${goal.stretch} | ${measured} | ${verdict(goal)} |`;
    }),
  ].join('\n');
}

function verdict(goal: Goal): string {
  const reached = isReached(goal);
  if (reached === undefined) return '-';
  if (!reached) return '**no**';
  return isReached({ ...goal, goal: goal.stretch }) ? 'yes, the stretch' : 'yes';
}

function telemetryTable({ work, rows }: CaseResult): string {
  return [
    `**${describeWork(work)}**`,
    '',
    '| | queries/s | share of everything on (min - max) | client / server CPU us |',
    '|---|---|---|---|',
    ...rows
      .filter(({ id }) => id !== BASELINE)
      .map(
        (row) =>
          `| ${[row.id, whole(row.queriesPerSecond.median), shareCell(row.shareOfEverythingOn), cpuCell(row)].join(' | ')} |`,
      ),
  ].join('\n');
}

function describeMachine({ date, node, machine, versions, options }: Run): string {
  const note = busyNote(machine);
  const ids = new Map<string, string[]>();
  for (const [id, version] of Object.entries(versions)) ids.set(version, [...(ids.get(version) ?? []), id]);
  return [
    `Measured on ${date.slice(0, 10)} with Node ${node} on ${machine.cpus} x ${machine.model},`,
    `${Math.round(machine.memoryBytes / 2 ** 30)} GiB, ${machine.platform} ${machine.arch}: ${options.rounds} rounds of ${options.durationMs} ms after ${options.warmUpMs} ms of warm-up.`,
    ...(note === undefined ? [] : [`**${note}**`]),
    `Versions: ${[...ids].map(([version, names]) => `${names.join(', ')} ${version}`).join('; ')}.`,
  ].join('\n');
}

function caseTables(cases: readonly CaseResult[]): string {
  return cases
    .map(({ work, pinned, rows }) => {
      const sorted = rows.toSorted((a, b) => b.queriesPerSecond.median - a.queriesPerSecond.median);
      return [
        `**${describeWork(work)}${pinned ? ', all processes on one core' : ''}**`,
        '',
        '| | queries/s | share of raw (min - max) | p50 / p99 / p99.9 ms | client / server CPU us | client / server MB | unanswered |',
        '|---|---|---|---|---|---|---|',
        ...sorted.map(rowLine),
      ].join('\n');
    })
    .join('\n\n');
}

function rowLine(row: RowResult): string {
  const cells = [
    row.id,
    whole(row.queriesPerSecond.median),
    shareCell(row.shareOfRaw),
    [row.p50Ms, row.p99Ms, row.p999Ms].map(figure).join(' / '),
    cpuCell(row),
    [row.clientPeakBytes, row.serverPeakBytes].map((bytes) => whole(bytes / 1e6)).join(' / '),
    row.unanswered === 0 ? '-' : whole(row.unanswered),
  ];
  return `| ${cells.join(' | ')} |`;
}

function shareCell(share: Spread | undefined): string {
  return share === undefined ? '-' : `${figure(share.median)} (${figure(share.min)} - ${figure(share.max)})`;
}

function cpuCell({ clientCpuUs, serverCpuUs }: RowResult): string {
  return [clientCpuUs, serverCpuUs].map((us) => us.toFixed(1)).join(' / ');
}

/** With as many digits as mean anything. */
function figure(value: number): string {
  if (value >= 10) return value.toFixed(0);
  return value.toFixed(value < 0.1 ? 3 : 2);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
