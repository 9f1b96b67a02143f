import { invalidOption } from '../../../base/options/check.ts';
import { Unsendable } from '../sendable.ts';
import type { MusSerializer } from './serializer.ts';

/** A serializer of values that have a length in front. */
export interface LimitedMusSerializer<in Input, out Output = Input> extends MusSerializer<Input, Output> {
  /**
   * The same with a limit for the length: bytes of a text or byte slice, elements of a slice, entries of a map. What is
   * longer cannot be sent, and fails its own request when it arrives. Without it the limit is that of the whole payload.
   * @throws CmdStreamError `invalid-argument` for what is not a whole number.
   */
  readonly maxLength: (length: number) => MusSerializer<Input, Output>;
}

/** Makes a serializer without a limit, which `make` makes with any limit. */
export function limited<Input, Output>(
  make: (maxLength: number) => MusSerializer<Input, Output>,
): LimitedMusSerializer<Input, Output> {
  return Object.freeze({
    ...make(Number.MAX_SAFE_INTEGER),
    maxLength(length: number) {
      if (!Number.isSafeInteger(length) || length < 0) throw invalidOption('maxLength', 'a whole number', length);
      return make(length);
    },
  });
}

/**
 * Checks the length of a value that shall be sent.
 * @throws Unsendable
 */
export function checkLength(length: number, maxLength: number): void {
  if (length > maxLength) throw new Unsendable(`has the length ${length}, over the limit of ${maxLength}`);
}
