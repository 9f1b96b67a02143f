import { show } from '../../../base/options/check.ts';
import { Unsendable } from '../sendable.ts';
import type { MusReader } from './mus-reader.ts';

/** The largest whole number up to which JavaScript has them all, 2^53 - 1. */
export const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

/**
 * Checks a whole number that shall be sent.
 * @throws Unsendable
 */
export function wholeNumberIn(value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new Unsendable(`is ${show(value)}, not a whole number from ${min} to ${max}`);
}

/**
 * Checks a whole number of 64 bits that shall be sent: a `bigint`, or a number where JavaScript holds it exactly.
 * @throws Unsendable
 */
export function wholeNumber64(value: unknown, signed: boolean): bigint {
  if (typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))) {
    const whole = BigInt(value);
    if ((signed ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole)) === whole) return whole;
  }
  throw new Unsendable(`is ${show(value)}, not ${signed ? 'an int64' : 'a uint64'}`);
}

/** Number that arrives for Go's `int` and `uint`: 64 bits there, a number here. */
export function toNumber(value: number | bigint, reader: MusReader): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    reader.refuse(`${value} is beyond ±(2^53 - 1): declare it with int64 or uint64, which give a bigint`);
  }
  return number;
}
