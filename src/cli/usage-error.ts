import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';
import { nearest } from '../base/options/near-name.ts';

/** A day. */
const MAX_SECONDS = 86_400;

/** The command line is not as it should be: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether an error comes of how the command line was used. */
export function isMisuse(error: unknown): boolean {
  // Whatever the library finds not acceptable here (an address, a port), the command line brought.
  return error instanceof UsageError || (CmdStreamError.is(error) && error.code === 'invalid-argument');
}

/** A failure as `--json` tells it. */
export interface CommandLineFailure {
  /** That of the `CmdStreamError`; `invalid-argument` for a misuse, `internal` for anything else. */
  readonly code: string;
  /** Whether the server may have executed the Command. */
  readonly mayHaveExecuted: boolean;
  readonly message: string;
  /** What the handler has failed with on purpose, where it has. */
  readonly failure?: string;
  readonly details?: unknown;
  readonly retryAfterMs?: number;
}

/** What has gone wrong, as JSON. */
export function failureOf(error: unknown): CommandLineFailure {
  const message = describeError(error);
  if (!CmdStreamError.is(error)) {
    return { code: isMisuse(error) ? 'invalid-argument' : 'internal', mayHaveExecuted: false, message };
  }
  const { code, mayHaveExecuted, failure, details, retryAfterMs } = error.toJSON();
  return {
    code,
    mayHaveExecuted,
    message,
    ...(failure === undefined ? {} : { failure }),
    ...(details === undefined ? {} : { details }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Parses the arguments of a sub-command. @throws UsageError */
export function parseArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    // Node goes on to tell how to write a positional argument that begins like an option.
    const what = describeError(error).replace(/\. To specify a positional argument.*$/, '');
    throw new UsageError(`${what}${nearOption(what, Object.keys(config.options ?? {}))}`);
  }
}

/** What was probably meant by an option that there is not. */
function nearOption(what: string, names: readonly string[]): string {
  const [, unknown] = /^Unknown option '--([^']+)'/.exec(what) ?? [];
  const near = unknown === undefined ? undefined : nearest(unknown, names);
  return near === undefined ? '' : ` (did you mean '--${near}'?)`;
}

/** Seconds, also a fraction of one, as milliseconds. @throws UsageError */
export function parseSeconds(option: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0.001 && seconds <= MAX_SECONDS) return seconds * 1_000;
  throw new UsageError(`--${option} must be a number of seconds from 0.001 to ${MAX_SECONDS}; got '${text}'`);
}

/** A whole number within bounds. @throws UsageError */
export function parseWholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= min && number <= max) return number;
  throw new UsageError(`--${option} must be a whole number from ${min} to ${max}; got '${text}'`);
}
