import { type Clock, systemClock } from './clock.ts';
import { objectWith } from './options/check.ts';

/**
 * Completes an option: the clock that was given, or that of the machine.
 *
 * @throws CmdStreamError `invalid-argument` for what is none.
 */
export function clockOption(field: string, clock: Clock | undefined): Clock {
  return objectWith(field, clock, ['now', 'monotonicMs', 'setTimeout', 'clearTimeout']) ?? systemClock;
}
