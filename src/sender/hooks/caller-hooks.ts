import { AsyncContext } from '../../base/async-context.ts';
import type { Clock } from '../../base/clock.ts';
import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { Warnings } from '../../base/warnings.ts';
import type { EndingHook } from './ending-hook.ts';
import { type Hooks, type ReceivedResult, RUNS_ANYWHERE, type SendOutcome, type SentCommand } from './hooks.ts';
import { hearsEnd, tellEnd, tellEnding, tellResult } from './tell.ts';

/**
 * Hooks in place of those of a send: they call its `hooks` in the async context of the send, whose caller this must be
 * called by, and add `onEnd`. None, where those have nothing to hear.
 *
 * @param sinceMs - when the send was called, in the monotonic milliseconds of `clock`.
 */
export function hooksOfCaller(hooks: Hooks, sinceMs: number, clock: Clock, warnings: Warnings): Hooks | undefined {
  if (RUNS_ANYWHERE in hooks) return hooks;
  return hears(hooks) ? new CallerHooks(hooks, sinceMs, clock, warnings) : undefined;
}

/** Whether hooks hear of anything but `beforeSend`. */
function hears(hooks: Hooks): boolean {
  try {
    const { onResult, onError, onTimeout, onCancel, onEnd } = hooks;
    return (onResult ?? onError ?? onTimeout ?? onCancel ?? onEnd) != null;
  } catch {
    // It is when they are told that what is wrong with them becomes a warning.
    return true;
  }
}

/** The hooks of one send in the async context of its caller: what happens to it comes from sockets and timers of all. */
class CallerHooks extends AsyncContext implements Hooks {
  readonly #hooks: Hooks;
  readonly #sinceMs: number;
  readonly #clock: Clock;
  readonly #warnings: Warnings;

  constructor(hooks: Hooks, sinceMs: number, clock: Clock, warnings: Warnings) {
    super();
    this.#hooks = hooks;
    this.#sinceMs = sinceMs;
    this.#clock = clock;
    this.#warnings = warnings;
  }

  onResult(sent: SentCommand, result: ReceivedResult): void {
    this.runInAsyncScope(this.#tellResult, this, sent, result);
  }

  onError(sent: SentCommand, error: CmdStreamError): void {
    this.runInAsyncScope(this.#tellFailure, this, 'onError', sent, error);
  }

  onTimeout(sent: SentCommand, error: CmdStreamError): void {
    this.runInAsyncScope(this.#tellFailure, this, 'onTimeout', sent, error);
  }

  onCancel(sent: SentCommand, error: CmdStreamError): void {
    this.runInAsyncScope(this.#tellFailure, this, 'onCancel', sent, error);
  }

  #tellResult(sent: SentCommand, result: ReceivedResult): void {
    tellResult(this.#hooks, sent, result, this.#warnings);
    if (result.last) this.#tellEnd(sent, 'success');
  }

  #tellFailure(ending: EndingHook, sent: SentCommand, error: CmdStreamError): void {
    tellEnding(this.#hooks, ending, sent, error, this.#warnings);
    this.#tellEnd(sent, error);
  }

  #tellEnd(sent: SentCommand, outcome: SendOutcome): void {
    if (!hearsEnd(this.#hooks)) return;
    tellEnd(this.#hooks, sent, outcome, this.#clock.monotonicMs() - this.#sinceMs, this.#warnings);
  }
}
