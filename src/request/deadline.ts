import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { show } from '../options/check.ts';
import type { Clock } from '../system/clock.ts';

/**
 * The time left until an absolute deadline, in milliseconds; negative when it has passed.
 * @throws CmdStreamError `invalid-argument` for what is no point in time.
 */
export function deadlineToTimeoutMs(deadline: number | Date, clock: Clock): number {
  const atMs = deadline instanceof Date ? deadline.getTime() : deadline;
  if (typeof atMs !== 'number' || Number.isNaN(atMs)) {
    throw new CmdStreamError(
      'invalid-argument',
      `a deadline must be a Date or milliseconds since the epoch; got ${show(deadline)}`,
    );
  }
  return atMs - clock.now();
}
