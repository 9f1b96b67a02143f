import { type Clock, systemClock } from './clock.ts';
import { hasMethods } from './errors/ask.ts';
import { invalidOption } from './options/check.ts';

const METHODS: readonly (keyof Clock)[] = ['now', 'monotonicMs', 'setTimeout', 'clearTimeout'];

/**
 * Completes an option: the clock that was given, or that of the machine.
 *
 * @throws CmdStreamError `invalid-argument` for what is none.
 */
export function clockOption(field: string, clock: Clock | undefined): Clock {
  if (clock === undefined) return systemClock;
  if (hasMethods(clock, METHODS)) return clock;
  throw invalidOption(field, `an object with ${METHODS.map((name) => `${name}()`).join(', ')}`, clock);
}
