import { systemClock } from '../../src/base/clock.ts';
import { Warnings } from '../../src/base/warnings.ts';

/** Warnings that come to `told` in place of the process. */
export function warningsTo(told: string[], clock = systemClock): Warnings {
  return new Warnings(clock, (message) => void told.push(message));
}
