import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';

/** The command line is not as it should be: exit code 2, and the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Whether an error comes of how the command line was used. */
export function isMisuse(error: unknown): boolean {
  // Whatever the library finds not acceptable here (an address, a port), the command line brought.
  return error instanceof UsageError || (CmdStreamError.is(error) && error.code === 'invalid-argument');
}

/** Parses the arguments of a sub-command. @throws UsageError */
export function parseArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(describeError(error));
  }
}

/** A whole number within bounds. @throws UsageError */
export function parseWholeNumber(option: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isInteger(number) && number >= min && number <= max) return number;
  throw new UsageError(`--${option} must be a whole number from ${min} to ${max}; got '${text}'`);
}
