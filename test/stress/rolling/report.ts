import type { Times } from './book.ts';
import type { RollingRun } from './run.ts';
import { KINDS } from './service.ts';

/** What came of a run, in lines. */
export function formatRun(run: RollingRun): string {
  const { book, restarts, maxStopMs, elapsedMs } = run;
  const failures = [...book.failures].sort(([, one], [, other]) => other - one);
  const rows: readonly (readonly [string, string])[] = [
    ['calls', `${whole(book.lastId)} in ${(elapsedMs / 1000).toFixed(1)} s, ${whole(book.succeeded)} answered`],
    ['failed', whole(book.failed)],
    ...failures.map(([what, count]): [string, string] => [`  ${what}`, whole(count)]),
    ['executed twice', whole(book.executions.twice)],
    ['executions told of by id', whole(book.executions.total)],
    ['streams with a gap', whole(book.brokenStreams)],
    ['restarts', `${restarts}, the longest end ${maxStopMs.toFixed(0)} ms after SIGTERM`],
    ...KINDS.map((kind): [string, string] => [`${kind}, during restarts`, formatTimes(book.restarting[kind])]),
    ...KINDS.map((kind): [string, string] => [`${kind}, otherwise`, formatTimes(book.calm[kind])]),
    ['verify errors', whole(book.errors.count)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [`\n${formatTitle(run)}`, ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)].join('\n');
}

function formatTitle({ kind, variant: { senders, clients } }: RollingRun): string {
  if (kind === 'grpc-js') return `grpc-js: ${count(senders, 'channel')}`;
  return `cmd-stream: ${count(senders, 'sender')}, ${count(clients, 'client')} each`;
}

function formatTimes({ latencies, maxMs }: Times): string {
  if (latencies.count === 0) return '-';
  // Percentiles are those of buckets, which may end beyond the longest time.
  const [half, most] = [0.5, 0.99].map((share) => Math.min(maxMs, latencies.percentile(share))) as [number, number];
  return `p50 ${half.toFixed(1)}, p99 ${most.toFixed(1)}, max ${maxMs.toFixed(1)} ms (${whole(latencies.count)})`;
}

/** `1 round`, `2 rounds`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function whole(value: number): string {
  return value.toLocaleString('en-US');
}
