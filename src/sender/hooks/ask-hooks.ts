import type { Clock } from '../../base/clock.ts';
import { isThenable } from '../../base/thenable.ts';
import type { Warnings } from '../../base/warnings.ts';
import type { Command } from '../../protocol/command.ts';
import { hooksOfCaller } from './caller-hooks.ts';
import type { Hooks, ResolvedSendOptions } from './hooks.ts';
import type { HooksMaker } from './hooks-maker.ts';

/** A send that hooks are made for. */
export interface HookedSend {
  readonly command: Command;
  /** Whether it has come to its end. */
  readonly settled: boolean;
  /** Has `hooks` told of what happens to it, from now on. */
  watchedBy(hooks: Hooks | undefined): void;
}

/**
 * Makes the hooks of a send, which watch it from now on, and asks them whether it may go out. Returns a promise where they
 * think about it.
 *
 * @param sinceMs - when the send was called, in the monotonic milliseconds of `clock`.
 * @throws CmdStreamError `invalid-argument` for what is no hooks; and what the factory and `beforeSend` throw.
 */
export function askHooks(
  maker: HooksMaker,
  send: HookedSend,
  options: ResolvedSendOptions,
  sinceMs: number,
  clock: Clock,
  warnings: Warnings,
): Promise<unknown> | undefined {
  const hooks = maker.make(send.command, options, clock, sinceMs);
  // What makes them may have cancelled the send: then nobody would tell them of its end.
  if (send.settled) return undefined;
  send.watchedBy(hooksOfCaller(hooks, sinceMs, clock, warnings));
  const answer: unknown = hooks.beforeSend?.(send.command);
  return isThenable(answer) ? promiseOf(answer) : undefined;
}

/** Whatever calls back while it is asked does so to a promise; not Promise.resolve, which gives back what is one. */
function promiseOf(answer: unknown): Promise<unknown> {
  return new Promise((resolve) => resolve(answer));
}
