import { durationMs, optionNames } from './check.ts';

/** Options of `drain()`: of a sender, its group, and a server. */
export interface DrainOptions {
  /** How long what is under way may take, in milliseconds; 0: not at all. Default: the option of whoever drains. */
  readonly timeoutMs?: number | undefined;
}

/** @throws CmdStreamError `invalid-argument` for options that are not acceptable. */
export function resolveDrainOptions(method: string, options: DrainOptions | undefined, fallbackMs: number): number {
  if (options === undefined) return fallbackMs;
  optionNames(`the options of ${method}()`, options, ['timeoutMs']);
  return durationMs('timeoutMs', options.timeoutMs, fallbackMs, { minMs: 0 });
}
