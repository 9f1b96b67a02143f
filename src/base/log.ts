import { hasMethods } from './errors/ask.ts';
import { invalidOption } from './options/check.ts';
import type { Warnings } from './warnings.ts';

/** Where lines of the log go: a logger of pino's kind, or `console`. */
export interface Log {
  info(line: string): unknown;
  warn(line: string): unknown;
}

/**
 * Checks the option `log`.
 * @throws CmdStreamError `invalid-argument` naming the field, what it accepts and what came.
 */
export function resolveLog(field: string, value: unknown): Log | undefined {
  if (value === undefined) return undefined;
  if (hasMethods(value, ['info', 'warn'])) return value as Log;
  throw invalidOption(field, 'a logger with info() and warn(), such as console or one of pino', value);
}

/** Writes lines of one owner; a logger that throws becomes a warning. */
export class LogWriter {
  readonly #log: Log;
  readonly #owner: string;
  readonly #warnings: Warnings;

  /** @param owner - what each line begins with. */
  constructor(log: Log, owner: string, warnings: Warnings) {
    this.#log = log;
    this.#owner = owner;
    this.#warnings = warnings;
  }

  info(line: string): void {
    this.#warnings.callUser(`the option 'log'`, () => this.#log.info(`${this.#owner}: ${line}`));
  }

  warn(line: string): void {
    this.#warnings.callUser(`the option 'log'`, () => this.#log.warn(`${this.#owner}: ${line}`));
  }
}
