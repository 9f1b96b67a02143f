import { show } from '../../../base/options/check.ts';
import { Unsendable } from '../sendable.ts';

/** Turns floating-point numbers into their bits and back. */
export const bitsView = new DataView(new ArrayBuffer(8));

/**
 * Checks a number that shall be sent.
 * @throws Unsendable
 */
export function float64(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Unsendable(`is ${show(value)}, not a number`);
}

/**
 * Checks a number that shall be sent as a `float32`: it is rounded to one, but not to an infinity.
 * @throws Unsendable
 */
export function float32(value: unknown): number {
  const number = float64(value);
  const rounded = Math.fround(number);
  if (Number.isFinite(number) && !Number.isFinite(rounded)) throw new Unsendable(`is ${number}, beyond a float32`);
  return rounded;
}
