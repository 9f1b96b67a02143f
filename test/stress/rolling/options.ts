import { parseArgs } from 'node:util';
import { oneNumber, UsageError } from '../options.ts';

/** How the callers reach the service. */
export interface Variant {
  /** Senders, among which the callers are spread. */
  readonly senders: number;
  /** Connections of each. */
  readonly clients: number;
}

/** What a rolling restart does. */
export interface RollingOptions {
  /** How many servers there are. */
  readonly replicas: number;
  /** How often each is restarted, unless `seconds` says otherwise. */
  readonly rounds: number;
  /** Restarts go on for so long, where that is said. */
  readonly seconds: number | undefined;
  /** How many call at a time. */
  readonly callers: number;
  /** The time between a replica that listens again and the next one's restart. */
  readonly pauseMs: number;
  /** One run for each. */
  readonly variants: readonly Variant[];
  /** Whether grpc-js is measured beside. */
  readonly peers: boolean;
}

/** What `--rolling --help` prints. */
export const ROLLING_HELP = `npm run stress -- --rolling <replicas> [options]

A rolling restart: each of so many servers (2 to 16), processes of their own, gets SIGTERM in turn, finishes what it has, and
is started again at the same port, while callers send short and long Commands and take streams. No call may fail for it.

  --rounds <n>    how often each server is restarted (default: 3)
  --seconds <n>   restarts go on for so long, in place of a number of rounds
  --callers <n>   how many call at a time (default: 50)
  --senders <n>   how many senders they share, (default: one with one client, one with four, five with one, a run each)
  --clients <n>   and how many connections each has
  --pause-ms <n>  the time between two restarts (default: 500)
  --peers         measures grpc-js beside, with the same service; installs it
  --help          print this

Exits with 0 when no call failed, nothing was executed twice and all streams were whole, with 1 otherwise, with 2 when called
wrongly.`;

const VARIANTS: readonly Variant[] = [
  { senders: 1, clients: 1 },
  { senders: 1, clients: 4 },
  { senders: 5, clients: 1 },
];

/**
 * Reads the command line; `'help'` where that was asked for.
 * @throws UsageError
 */
export function parseRollingOptions(args: readonly string[]): RollingOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const { senders, clients, seconds } = values;
  const isChosen = senders !== undefined || clients !== undefined;
  const one = {
    senders: oneNumber('senders', senders, 1, { most: 100 }),
    clients: oneNumber('clients', clients, 1, { most: 32 }),
  };
  return {
    replicas: oneNumber('rolling', values.rolling, 3, { least: 2, most: 16 }),
    rounds: oneNumber('rounds', values.rounds, 3, { most: 10_000 }),
    seconds: seconds === undefined ? undefined : oneNumber('seconds', seconds, 0, { most: 86_400 }),
    callers: oneNumber('callers', values.callers, 50, { most: 10_000 }),
    pauseMs: oneNumber('pause-ms', values['pause-ms'], 500, { least: 0 }),
    variants: isChosen ? [one] : VARIANTS,
    peers: values.peers === true,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  // The number of replicas may be left out.
  const given = args.map((arg, index) =>
    arg === '--rolling' && !/^[^-]/.test(args[index + 1] ?? '') ? '--rolling=3' : arg,
  );
  try {
    return parseArgs({
      args: given,
      options: {
        rolling: text,
        rounds: text,
        seconds: text,
        callers: text,
        senders: text,
        clients: text,
        'pause-ms': text,
        peers: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
