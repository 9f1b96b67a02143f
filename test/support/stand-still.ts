const nobody = new Int32Array(new SharedArrayBuffer(4));

/**
 * Keeps this thread from doing anything, as a handler that computes does, or a process that is stopped; without taking the
 * processor from the others.
 */
export function standStill(ms: number): void {
  Atomics.wait(nobody, 0, 0, ms);
}
