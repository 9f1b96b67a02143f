import fc from 'fast-check';

/** A whole number; it shrinks to `min`. */
export const whole = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max });

/** `null`, or in one of `oneIn` cases something. */
export function seldom<T>(arbitrary: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | null> {
  return fc.oneof(
    { arbitrary: fc.constant(null), weight: oneIn - 1 },
    { arbitrary, weight: 1 },
  ) as fc.Arbitrary<T | null>;
}

/** Something, or in one of `oneIn` cases `null`. */
export function mostly<T>(arbitrary: fc.Arbitrary<T>, oneIn: number): fc.Arbitrary<T | null> {
  return fc.oneof(
    { arbitrary, weight: oneIn - 1 },
    { arbitrary: fc.constant(null), weight: 1 },
  ) as fc.Arbitrary<T | null>;
}

/** These, always. Draws nothing, so that all else is what it would be without them. */
export function constants<T extends object>(values: T): { [Name in keyof T]: fc.Arbitrary<T[Name]> } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, fc.constant(value)])) as never;
}

/** One of these; it shrinks to the first. */
export const oneOf = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** One of these, each as often as it says; it shrinks to the first. */
export function weighted<const T>(...choices: readonly (readonly [T, number])[]): fc.Arbitrary<T> {
  return fc.constantFrom(...choices.flatMap(([value, weight]) => new Array<T>(weight).fill(value)));
}

/** A list whose length is anything up to `maxLength`, one as likely as the other. */
export const listOf = <T>(arbitrary: fc.Arbitrary<T>, minLength: number, maxLength: number): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength, maxLength, size: 'max' });

/** Some of these kinds: a run in which everything goes wrong is less telling than many in which a few things do. */
export function swarm<const T extends string>(...kinds: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc.subarray([...kinds], { minLength: 0, maxLength: kinds.length });
}
