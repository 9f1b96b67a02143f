/** A handle of {@link Clock.setTimeout}; opaque to its users. */
export type TimerHandle = unknown;

/**
 * Where time comes from. The library reads time and sets timers only through a clock, so that a test can hand in one
 * of its own. It is also what XState takes as an actor system's `clock`.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the Unix epoch: what absolute deadlines are compared with. */
  now(): number;
  /** Milliseconds that only ever grow; unaffected by adjustments of the wall clock. */
  monotonicMs(): number;
  /** Calls `callback` once after `delayMs`. */
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  /** Cancels a timer; harmless when it has fired. */
  clearTimeout(handle: TimerHandle): void;
}

/** The clock of the machine that the process runs on. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** Runs `task` at the end of the current turn of the event loop, after all work that is already due in it. */
export type Defer = (task: () => void) => void;

/**
 * `process.nextTick`: called from a promise's continuation it runs after all continuations of the turn, so that all
 * Commands that one turn sends leave in one write; and before any waiting for the network.
 */
export const deferToEndOfTurn: Defer = (task) => process.nextTick(task);

/** `setImmediate`: in the next turn of the event loop, so that timers and the network have their turns as well. */
export const deferToNextTurn: Defer = (task) => {
  setImmediate(task);
};

/**
 * Runs `task` in the next turn, once the network and timers have had theirs: of the event loop, or of a clock that is not
 * the machine's: one that sets its timers otherwise. Returns what cancels it.
 */
export function inNextTurn(clock: Clock, task: () => void): () => void {
  if (clock.setTimeout === systemClock.setTimeout) {
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  }
  const handle = clock.setTimeout(task, 0);
  return () => clock.clearTimeout(handle);
}
