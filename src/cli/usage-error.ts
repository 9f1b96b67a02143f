import { type ParseArgsConfig, parseArgs } from 'node:util';
import { describeError } from '../errors/cmd-stream-error.ts';

/** The command line is not as it should be: exit code 2, and the help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses the arguments of a sub-command. @throws UsageError */
export function parseArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(describeError(error));
  }
}

/** A whole number from `min` on. @throws UsageError */
export function parseWholeNumber(option: string, text: string, min: number): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isSafeInteger(number) && number >= min) return number;
  throw new UsageError(`--${option} must be a whole number of at least ${min}; got '${text}'`);
}
