import { parseArgs } from 'node:util';
import { LIES, type Lie } from './peers/lies.ts';

/** What the server is made of. */
export type PeerName = 'node' | 'go';

/** What a stress run does. */
export interface StressOptions {
  /** How long Commands are sent. */
  readonly durationMs: number;
  readonly peer: PeerName;
  /** What all choices are drawn from. */
  readonly seed: number;
  /** Commands begun per second, while there is room. */
  readonly rate: number;
  /** The most Commands under way at a time. */
  readonly inFlight: number;
  /** Connections of the sender. */
  readonly clients: number;
  /** The time between two faults, on average. */
  readonly faultEveryMs: number;
  /** How long after a fault has ended service may take to resume. */
  readonly resumeMs: number;
  /** How long after its deadline a send may settle: what a busy machine is allowed. */
  readonly toleranceMs: number;
  /** What the node peer does wrong; nothing where left out. */
  readonly lie: Lie | undefined;
}

/** What `--help` prints. */
export const HELP = `npm run stress -- [options]

  --minutes <n>         how long Commands are sent (default: 1; fractions are fine)
  --peer <node|go>      the server: of this library, or of cmd-stream-go (default: node)
  --seed <n>            repeats the choices of another run; its timing will differ (default: a new one, printed)
  --rate <n>            Commands begun per second (default: 2000)
  --in-flight <n>       the most Commands under way at a time (default: 500)
  --clients <n>         connections of the sender (default: 4)
  --fault-every-ms <n>  the time between two faults, on average (default: 4000)
  --resume-ms <n>       how long after a fault service may take to resume (default: 10000)
  --tolerance-ms <n>    how long after its deadline a send may settle (default: 1000)
  --lie <${LIES.join('|')}>
                        has the node peer do something wrong: the run must fail then (for its own tests)
  --rolling <n>         another run: n servers, restarted in turn as by a deploy (--rolling --help tells more)
  --help                print this

Exits with 0 when all was as it must be, with 1 when anything was not, with 2 when called wrongly.`;

/** A command line that is not acceptable. */
export class UsageError extends Error {}

/**
 * Reads the command line; `'help'` where that was asked for.
 * @param newSeed - the seed where none is given.
 * @throws UsageError
 */
export function parseOptions(args: readonly string[], newSeed: number): StressOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const peer = oneOf('peer', values.peer, ['node', 'go'] as const) ?? 'node';
  const lie = oneOf('lie', values.lie, LIES);
  if (lie !== undefined && peer !== 'node') throw new UsageError('--lie: only the node peer lies');
  return {
    durationMs: minutes(values.minutes) * 60_000,
    peer,
    seed: oneNumber('seed', values.seed, newSeed, { least: 0, most: 2 ** 32 - 1 }),
    rate: oneNumber('rate', values.rate, 2000, { most: 100_000 }),
    inFlight: oneNumber('in-flight', values['in-flight'], 500, { most: 10_000 }),
    clients: oneNumber('clients', values.clients, 4, { most: 32 }),
    faultEveryMs: oneNumber('fault-every-ms', values['fault-every-ms'], 4000),
    resumeMs: oneNumber('resume-ms', values['resume-ms'], 10_000),
    toleranceMs: oneNumber('tolerance-ms', values['tolerance-ms'], 1000),
    lie,
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: text,
        peer: text,
        seed: text,
        rate: text,
        'in-flight': text,
        clients: text,
        'fault-every-ms': text,
        'resume-ms': text,
        'tolerance-ms': text,
        lie: text,
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function minutes(text: string | undefined): number {
  const value = text === undefined ? 1 : Number(text);
  // More than a day is a slip of the finger, and less than a second shows nothing.
  if (value >= 1 / 60 && value <= 24 * 60) return value;
  throw new UsageError(`--minutes takes a number from 1/60 to ${24 * 60}; got '${text}'`);
}

function oneOf<T extends string>(name: string, text: string | undefined, choices: readonly T[]): T | undefined {
  if (text === undefined) return undefined;
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`--${name} takes one of ${choices.join(', ')}; got '${text}'`);
  return found;
}

/**
 * A whole number of the command line.
 * @throws UsageError
 */
export function oneNumber(
  name: string,
  text: string | undefined,
  fallback: number,
  { least = 1, most = 2 ** 31 - 1 }: { least?: number; most?: number } = {},
): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`--${name} takes whole numbers from ${least} to ${most}; got '${text}'`);
}
