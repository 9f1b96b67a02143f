import { setTimeout as delay } from 'node:timers/promises';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { isMisuse } from './usage-error.ts';

/** How often something is done, and how far apart. */
export interface RepeatOptions {
  /** So often; `undefined`: once, or with `pauseMs` without end. */
  readonly times: number | undefined;
  /** The pause after each; `undefined`: none, and the first failure is the end. */
  readonly pauseMs: number | undefined;
  /** Fires when no more is wanted. */
  readonly signal: AbortSignal;
  /** Tells of a failure after which it goes on. */
  readonly tell: (error: unknown) => void;
}

/**
 * Does something again and again. With a pause it goes on after a failure, unless that is a misuse, which stays one.
 * @returns the exit code: 1 where a failure was told of
 */
export async function repeatedly(act: () => Promise<void>, options: RepeatOptions): Promise<number> {
  const { pauseMs, signal, tell } = options;
  const times = options.times ?? (pauseMs === undefined ? 1 : Number.POSITIVE_INFINITY);
  let code = 0;
  for (let done = 0; done < times && !signal.aborted; done++) {
    if (done > 0 && pauseMs !== undefined) await delay(pauseMs, undefined, { signal }).catch(() => {});
    if (done > 0 && signal.aborted) break;
    try {
      await act();
    } catch (error) {
      // Who watches ends it so: no failure.
      if (pauseMs !== undefined && signal.aborted && isCancelled(error)) break;
      if (pauseMs === undefined || isMisuse(error)) throw error;
      tell(error);
      code = 1;
    }
  }
  return code;
}

function isCancelled(error: unknown): boolean {
  return CmdStreamError.is(error) && error.code === 'cancelled';
}
