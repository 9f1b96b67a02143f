import { type Clock, systemClock } from './clock.ts';
import { hasMethods } from './errors/ask.ts';
import { invalidOption } from './options/check.ts';

const METHODS: readonly (keyof Clock)[] = ['now', 'monotonicMs', 'setTimeout', 'clearTimeout'];

/**
 * The clock that was given, or that of the machine.
 *
 * @throws CmdStreamError `invalid-argument` for what is none.
 */
export function clockOption(clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock;
  if (hasMethods(clock, METHODS)) return clock;
  throw invalidOption('clock', `an object with ${METHODS.map((name) => `${name}()`).join(', ')}`, clock);
}
