import { types } from 'node:util';
import type { Clock } from '../../base/clock.ts';
import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { show } from '../../base/options/check.ts';

/**
 * The time left until an absolute deadline, in milliseconds; negative when it has passed.
 * @throws CmdStreamError `invalid-argument` for what is no point in time.
 */
export function deadlineToTimeoutMs(deadline: number | Date, clock: Clock): number {
  const atMs = types.isDate(deadline) ? timeOf(deadline) : deadline;
  if (typeof atMs !== 'number' || Number.isNaN(atMs)) {
    const got = types.isDate(deadline) ? 'an invalid Date' : isObject(deadline) ? 'an object' : show(deadline);
    throw new CmdStreamError(
      'invalid-argument',
      `a deadline must be a Date or milliseconds since the epoch; got ${got}`,
    );
  }
  return atMs - clock.now();
}

/** Time of a Date, of whatever realm or subclass. */
function timeOf(date: Date): number {
  try {
    return date.getTime();
  } catch (cause) {
    const message = `a deadline must be a Date or milliseconds since the epoch; its getTime() threw: ${describeError(cause)}`;
    throw new CmdStreamError('invalid-argument', message, { cause });
  }
}

/** A Proxy of a Date is one, which says nothing of itself without throwing. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
