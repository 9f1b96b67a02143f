/** Returns a number within `[0, 1)`. */
export type Random = () => number;

/** The random numbers of the process. */
export const systemRandom: Random = () => Math.random();
