import type { Stress } from './stress.ts';

/** The table at the end of a run. */
export function formatSummary(stress: Stress): string {
  const { ledger, health, restarter, heap, errors } = stress;
  const { latencies, breakerChanges } = health;
  const { stop, kill, pause, quiet } = restarter.counts;
  const rows: readonly (readonly [string, string])[] = [
    ['Commands sent', `${whole(ledger.begun)} in ${(stress.elapsedMs / 1000).toFixed(1)} s`],
    ['settled', whole(ledger.tally.settled)],
    ...ledger.tally.totals.map(([outcome, count]): [string, string] => [`  ${outcome}`, whole(count)]),
    ['Results that came too late', whole(ledger.lateResults)],
    ['executions told of by id', ledger.executions.total === 0 ? '-' : whole(ledger.executions.total)],
    ['servers', `${stop} stopped, ${kill} killed, ${pause} paused, ${quiet} times quiet`],
    ['service resumed within', milliseconds(restarter.maxResumeMs)],
    ['dials', `${whole(stress.dials)}; ${whole(health.lostConnections)} connections lost`],
    [
      'circuit breaker',
      `${breakerChanges.open} x open, ${breakerChanges['half-open']} x half-open, ${breakerChanges.closed} x closed`,
    ],
    [
      'latency while all was well',
      `p50 ${latencies.percentile(0.5).toFixed(2)} ms, p99 ${latencies.percentile(0.99).toFixed(2)} ms (${whole(latencies.count)} Commands)`,
    ],
    ['latest after its deadline', milliseconds(ledger.maxLateMs)],
    ['this process stood still', `${milliseconds(stress.time.stoodStillMs)} in all, not counted as lateness`],
    ['heap: start, middle, end', [heap.start, heap.middle, heap.end].map(megabytes).join(', ')],
    ['handles left after closing', String(stress.left.length)],
    ['verify errors', whole(errors.count)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return [...lines, '', ...formatKinds(ledger.tally.kinds)].join('\n');
}

/** The first verify errors, in full. */
export function formatErrors({ count, first }: Stress['errors']): string {
  const more = count > first.length ? [`... and ${count - first.length} more`] : [];
  return [...first.map((what, index) => `verify error ${index + 1}: ${what}`), ...more].join('\n');
}

function formatKinds(kinds: ReadonlyMap<string, ReadonlyMap<string, number>>): string[] {
  const width = Math.max(0, ...[...kinds.keys()].map((kind) => kind.length));
  return [...kinds]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([kind, outcomes]) => {
      const counts = [...outcomes].sort(([, one], [, other]) => other - one);
      return `${kind.padEnd(width)}  ${counts.map(([outcome, count]) => `${outcome} ${whole(count)}`).join(', ')}`;
    });
}

function whole(value: number): string {
  return value.toLocaleString('en-US');
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '-' : `${(bytes / 2 ** 20).toFixed(1)} MB`;
}
