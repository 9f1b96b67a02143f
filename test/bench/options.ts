import { parseArgs } from 'node:util';

/** What to measure, and how. */
export interface BenchOptions {
  /** The ids of the rows. */
  readonly systems: readonly string[];
  /** How many requests are under way at a time: one case for each. */
  readonly windows: readonly number[];
  /** How many characters the strings have: one case for each. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** How long one row is measured in one round. */
  readonly durationMs: number;
  /** How long each row runs before the first round of a case. */
  readonly warmUpMs: number;
  /** Whether both processes of a row share a core while one request is under way at a time, where that can be had. */
  readonly pin: boolean;
  readonly json: boolean;
  /** Where every process leaves a CPU profile; none where left out. */
  readonly profileDirectory: string | undefined;
}

/** What `--help` prints. */
export const HELP = `npm run bench -- [options]

  --quick                fewer and shorter rounds: under 20 s, for a first look
  --json                 prints the results as JSON in place of the table
  --systems <id,...>     rows to measure (default: all)
  --windows <n,...>      requests under way at a time (default: 1,64,1000)
  --sizes <n,...>        characters of each message's string (default: 16,500)
  --rounds <n>           rounds of all rows in turn (default: 5; quick: 3)
  --duration-ms <n>      time that a row has in a round (default: 1000; quick: 100)
  --warm-up-ms <n>       time that a row has before the first round of a case (default: 1000; quick: 150)
  --no-pin               do not put both processes on one core at window 1
  --profile <directory>  have every process leave a CPU profile there
  --micro                in place of all that: what each hot piece costs, beside what one writes by hand (with --only <text>)
  --measures             in place of all that: what no row shows (memory, streams, idle connections, ...), beside its target
  --measure <name>       one of these measures
  --help                 print this`;

/** A command line that is not acceptable. */
export class UsageError extends Error {}

/**
 * Reads the command line; `'help'` where that was asked for.
 * @param known - the ids of all rows.
 * @throws UsageError
 */
export function parseOptions(args: readonly string[], known: readonly string[]): BenchOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const quick = values.quick === true;
  const systems = values.systems?.split(',') ?? known;
  for (const id of systems) {
    if (!known.includes(id)) throw new UsageError(`--systems: there is no '${id}'; there are ${known.join(', ')}`);
  }
  return {
    // Each once, in the order of the table.
    systems: known.filter((id) => systems.includes(id)),
    windows: list('windows', values.windows, [1, 64, 1000]),
    sizes: list('sizes', values.sizes, [16, 500]),
    rounds: whole('rounds', values.rounds, quick ? 3 : 5),
    durationMs: whole('duration-ms', values['duration-ms'], quick ? 100 : 1000),
    warmUpMs: whole('warm-up-ms', values['warm-up-ms'], quick ? 150 : 1000),
    pin: values['no-pin'] !== true,
    json: values.json === true,
    profileDirectory: values.profile,
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        systems: { type: 'string' },
        windows: { type: 'string' },
        sizes: { type: 'string' },
        rounds: { type: 'string' },
        'duration-ms': { type: 'string' },
        'warm-up-ms': { type: 'string' },
        'no-pin': { type: 'boolean' },
        profile: { type: 'string' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
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
