import { performance } from 'node:perf_hooks';
import * as timers from 'node:timers';
import { setOutside } from './async-context.ts';

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
  /** Lets the process end although the timer is set; where it is missing, timers hold the process. */
  unref?(handle: TimerHandle): void;
  /** Takes that back. */
  ref?(handle: TimerHandle): void;
}

// Taken once, and from where a test's fake timers do not reach: what a test does to the globals is meant for its own
// code, and a timer that was set on a clock which is gone never fires.
const { setTimeout, clearTimeout, setImmediate, clearImmediate } = timers;
const monotonicMs = performance.now.bind(performance);
const { nextTick } = process;

/**
 * The clock of the machine that the process runs on. Fake timers do not concern it, but for `now()`, which asks the
 * `Date.now` of the moment: callers compute deadlines by it. Its timers hold nobody's async context.
 */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs,
  setTimeout: (callback, delayMs) => setOutside(setTimeout<[]>, callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
  unref: (handle) => void (handle as NodeJS.Timeout).unref(),
  ref: (handle) => void (handle as NodeJS.Timeout).ref(),
};

/** Where a clock keeps the one that it stands in front of, by which its timers are set. */
export const BEHIND = Symbol('the clock behind');

function isOfTheMachine(clock: Clock & { readonly [BEHIND]?: Clock }): boolean {
  return (clock[BEHIND] ?? clock).setTimeout === systemClock.setTimeout;
}

/** A clock like `clock` whose timers do not hold the process. */
export function unrefedClock(clock: Clock): Pick<Clock, 'setTimeout' | 'clearTimeout'> {
  return {
    setTimeout: (callback, delayMs) => {
      const handle = clock.setTimeout(callback, delayMs);
      clock.unref?.(handle);
      return handle;
    },
    clearTimeout: (handle) => clock.clearTimeout(handle),
  };
}

/** Runs `task` at the end of the current turn of the event loop, after all work that is already due in it. */
export type Defer = (task: () => void) => void;

/**
 * `process.nextTick`: called from a promise's continuation it runs after all continuations of the turn, so that all
 * Commands that one turn sends leave in one write; and before any waiting for the network.
 */
export const deferToEndOfTurn: Defer = (task) => nextTick(task);

/** `setImmediate`: in the next turn of the event loop, so that timers and the network have their turns as well. */
export const deferToNextTurn: Defer = (task) => {
  setImmediate(task);
};

/**
 * Runs `task` in the next turn, once the network and timers have had theirs: of the event loop, or of a clock that is not
 * the machine's: one that sets its timers otherwise. Returns what cancels it.
 */
export function inNextTurn(clock: Clock, task: () => void): () => void {
  if (isOfTheMachine(clock)) {
    const immediate = setOutside(setImmediate<[]>, task);
    return () => clearImmediate(immediate);
  }
  const handle = clock.setTimeout(task, 0);
  return () => clock.clearTimeout(handle);
}

/** A timer that fires so much after its time was held up: by a process that was busy, or stopped. */
export const LATE_MS = 2;
