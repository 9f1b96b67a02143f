import { parseArgs } from 'node:util';

/** What `npm run simulate` is asked for. */
export interface SimulateCommand {
  readonly schedules: number;
  readonly jobs: number;
  /** The first seed; those after it follow. */
  readonly from: number;
  /** Only this schedule, and where fast-check found it below its seed. */
  readonly seed: number | undefined;
  readonly path: string | undefined;
  /** Where timelines of failures go. */
  readonly timelines: string;
}

export const HELP = `npm run simulate -- [options]

  --schedules <n>    how many schedules are run (default: 2000)
  --jobs <n>         in how many processes (default: 2)
  --from <n>         the first seed; the others follow (default: a new one, printed)
  --timelines <dir>  where the timeline of a failure is written (default: the folder for temporary files)
  --seed <n>         runs the schedule of one seed, and writes its timeline
  --path <path>      the one that fast-check found below that seed
  --help             print this

Ctrl-C ends it early, with what it has seen until then.
Exits with 0 when all promises were kept, with 1 when one was not, with 2 when called wrongly.`;

/** A command line that is not acceptable. */
export class UsageError extends Error {}

/** Reads the command line; `'help'` where that was asked for. @throws UsageError */
export function parseOptions(args: readonly string[], newSeed: number, folder: string): SimulateCommand | 'help' {
  const { values } = parse(args);
  if (values.help === true) return 'help';
  if (values.path !== undefined && !/^\d+(:\d+)*$/.test(values.path)) {
    throw new UsageError(`--path takes what a failure has printed, such as 0:3:1; got '${values.path}'`);
  }
  if (values.path !== undefined && values.seed === undefined) throw new UsageError('--path goes with --seed');
  return {
    schedules: whole('schedules', values.schedules, 2000, 1),
    jobs: whole('jobs', values.jobs, 2, 1),
    from: whole('from', values.from, newSeed, 0),
    seed: values.seed === undefined ? undefined : whole('seed', values.seed, 0, 0),
    path: values.path,
    timelines: values.timelines ?? folder,
  };
}

function parse(args: readonly string[]) {
  const type = 'string' as const;
  const names = { schedules: { type }, jobs: { type }, from: { type }, seed: { type }, path: { type } };
  try {
    return parseArgs({ args: [...args], options: { ...names, timelines: { type }, help: { type: 'boolean' } } });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function whole(name: string, text: string | undefined, fallback: number, least: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= 0x7fff_ffff) return value;
  throw new UsageError(`--${name} takes whole numbers from ${least} to ${0x7fff_ffff}; got '${text}'`);
}
