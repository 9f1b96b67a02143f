import { parseArgs } from 'node:util';
import type { Row } from './systems/row.ts';
import type { Workload } from './workload.ts';

/** What to measure, and how. */
export interface BenchOptions {
  /** The ids of the rows. */
  readonly systems: readonly string[];
  /** Whether the packages of the peers are to be installed. */
  readonly installPeers: boolean;
  /** One case for each. */
  readonly work: readonly Workload[];
  readonly rounds: number;
  /** How long one row is measured in one round. */
  readonly durationMs: number;
  /** How long each row runs before the first round of a case. */
  readonly warmUpMs: number;
  /** Whether all processes of a row share a core while one request is under way at a time, where that can be had. */
  readonly pin: boolean;
  /** Whether it is a first look, which fails where the library is far too slow. */
  readonly quick: boolean;
  /** Where the results go as JSON: a file, `-` for standard output, or nowhere. */
  readonly jsonFile: string | undefined;
  /** Where every process leaves a CPU profile; none where left out. */
  readonly profileDirectory: string | undefined;
}

/** What `--help` prints. */
export const HELP = `npm run bench -- [options]

  --peers                measures what else one could take as well; installs it first (test/bench/peers)
  --systems <id,...>     rows to measure (default: all but the peers)
  --quick                fewer cases and shorter rounds: under a minute, for a first look; fails where the library
                         has less than half of the share of raw that it is to have
  --mode <queries|latency>
                         queries (default): a window of requests kept under way, for a time.
                         latency: all requests at once, strings of 17 to 1,024 characters, answered after 30 ms
  --windows <n,...>      requests under way at a time (default: 1,64,1000; quick: 1,1000)
  --sizes <n,...>        characters of each message's string (default: 16,500)
  --connections <n,...>  connections (default: 1,4, with windows above 1; quick: 1; latency: 1,2,4,8,16)
  --requests <n>         requests at once with --mode latency (default: 100000; quick: 10000)
  --rounds <n>           rounds of all rows in turn (default: 5; latency: 3)
  --duration-ms <n>      time that a row has in a round (default: 1000; quick: 150)
  --warm-up-ms <n>       time that a row has before the first round of a case (default: 1000; quick: 250)
  --json <file>          writes the results there as well; -: to standard output, in place of the tables
  --no-pin               do not put all processes of a row on one core at window 1
  --profile <directory>  have every process leave a CPU profile there
  --chart                measures nothing: draws the chart anew and fills in docs/performance.md, from
                         docs/performance/results.json
  --micro                in place of all that: what each hot piece costs, beside what one writes by hand (with --only <text>)
  --measures             in place of all that: what no row shows (memory, streams, idle connections, ...), beside its target
  --measure <name>       one of these measures
  --help                 print this`;

const DELAY_MS = 30;

/** A command line that is not acceptable. */
export class UsageError extends Error {}

/** What the options need to know of a row. */
export type KnownRow = Pick<Row, 'id' | 'kind' | 'canWait'>;

/**
 * Reads the command line; `'help'` and `'chart'` where that was asked for.
 * @param known - all rows.
 * @throws UsageError
 */
export function parseOptions(args: readonly string[], known: readonly KnownRow[]): BenchOptions | 'help' | 'chart' {
  const values = parse(args);
  if (values.help === true) return 'help';
  if (values.chart === true) return 'chart';
  const quick = values.quick === true;
  const isLatency = values.mode === 'latency';
  if (values.mode !== undefined && values.mode !== 'queries' && !isLatency) {
    throw new UsageError(`--mode takes queries or latency; got '${values.mode}'`);
  }
  return {
    systems: chooseRows(values, known, isLatency),
    installPeers: values.peers === true,
    work: isLatency ? burstWork(values, quick) : windowWork(values, quick),
    rounds: whole('rounds', values.rounds, isLatency ? 3 : 5),
    durationMs: whole('duration-ms', values['duration-ms'], quick ? 150 : 1000),
    warmUpMs: whole('warm-up-ms', values['warm-up-ms'], quick ? 250 : 1000),
    pin: values['no-pin'] !== true,
    quick,
    jsonFile: values.json,
    profileDirectory: values.profile,
  };
}

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        peers: { type: 'boolean' },
        quick: { type: 'boolean' },
        mode: { type: 'string' },
        json: { type: 'string' },
        systems: { type: 'string' },
        windows: { type: 'string' },
        sizes: { type: 'string' },
        connections: { type: 'string' },
        requests: { type: 'string' },
        rounds: { type: 'string' },
        'duration-ms': { type: 'string' },
        'warm-up-ms': { type: 'string' },
        'no-pin': { type: 'boolean' },
        profile: { type: 'string' },
        chart: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Each once, in the order of the table. */
function chooseRows({ systems, peers }: Values, known: readonly KnownRow[], isLatency: boolean): readonly string[] {
  const able = known.filter(({ canWait }) => canWait || !isLatency);
  if (systems === undefined) return able.filter(({ kind }) => kind !== 'peer' || peers === true).map(({ id }) => id);
  const named = systems.split(',');
  for (const id of named) {
    if (able.some((row) => row.id === id)) continue;
    const what = known.some((row) => row.id === id) ? `'${id}' cannot wait before it answers` : `there is no '${id}'`;
    throw new UsageError(`--systems: ${what}; there are ${able.map((row) => row.id).join(', ')}`);
  }
  return able.filter(({ id }) => named.includes(id)).map(({ id }) => id);
}

function windowWork(values: Values, quick: boolean): readonly Workload[] {
  const sizes = list('sizes', values.sizes, [16, 500]);
  const windows = list('windows', values.windows, quick ? [1, 1000] : [1, 64, 1000]);
  const connections = list('connections', values.connections, quick ? [1] : [1, 4]);
  return sizes.flatMap((stringLength) =>
    connections.flatMap((count) =>
      windows
        // Of four connections one request at a time uses one.
        .filter((window) => window >= count)
        .map((window) => ({ kind: 'window' as const, window, stringLength, connections: count })),
    ),
  );
}

function burstWork(values: Values, quick: boolean): readonly Workload[] {
  const requests = whole('requests', values.requests, quick ? 10_000 : 100_000);
  const clients = list('connections', values.connections, [1, 2, 4, 8, 16]);
  return clients.map((connections) => ({ kind: 'burst', requests, connections, delayMs: DELAY_MS }));
}

function list(name: string, text: string | undefined, fallback: readonly number[]): readonly number[] {
  if (text === undefined) return fallback;
  return [...new Set(text.split(',').map((part) => whole(name, part, 0)))];
}

function whole(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`--${name} takes whole numbers above 0; got '${text}'`);
}
