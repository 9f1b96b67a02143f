import { AsyncResource } from 'node:async_hooks';

const makeResource = () => new AsyncResource('CmdStream', { requireManualDestroy: true });

/**
 * The async context in which the library was loaded: nobody's. Nothing runs in it but the making of fresh ones, since up to
 * Node 22 what `enterWith` sets stays with the resource that runs.
 */
const nobodys = makeResource();

/**
 * Runs `run` in an async context of its own, which nobody has put anything into: it sees no caller's `AsyncLocalStorage`, and
 * what it enters there (`enterWith`) is seen by what it calls and awaits, and by nothing else.
 */
export function inFreshContext<T>(run: () => T): T {
  return nobodys.runInAsyncScope(makeResource).runInAsyncScope(run);
}
