import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { processWarning, type Warn, warnOfUserCode, watchUserPromise } from '../../base/warn.ts';
import { HEARS_END, type Hooks, type ReceivedResult, type SendOutcome, type SentCommand } from './hooks.ts';

/** The hooks that end a send. */
export type EndingHook = 'onError' | 'onTimeout' | 'onCancel';

/** Whether hooks are to be told of Results. Asking may call a getter, which may fail. */
export function hearResults(hooks: Hooks, warn: Warn): boolean {
  try {
    return hooks.onResult !== undefined;
  } catch (error) {
    warnOfUserCode(warn, "the hook 'onResult'", error);
    return false;
  }
}

/** Tells hooks of a Result. A hook that fails becomes a warning. */
export function tellResult(hooks: Hooks, sent: SentCommand, result: ReceivedResult, warn: Warn = processWarning): void {
  try {
    watchUserPromise(warn, "the hook 'onResult'", hooks.onResult?.(sent, result));
  } catch (error) {
    warnOfUserCode(warn, "the hook 'onResult'", error);
  }
}

/** Tells hooks how a send ended that did not succeed. A hook that fails becomes a warning. */
export function tellEnding(
  hooks: Hooks,
  ending: EndingHook,
  sent: SentCommand,
  error: CmdStreamError,
  warn: Warn = processWarning,
): void {
  try {
    watchUserPromise(warn, `the hook '${ending}'`, hooks[ending]?.(sent, error));
  } catch (failure) {
    warnOfUserCode(warn, `the hook '${ending}'`, failure);
  }
}

/** Whether hooks are to be told of the end: to look at the clock for nobody is most of what that takes. */
export function hearsEnd(hooks: Hooks & { readonly [HEARS_END]?: boolean }): boolean {
  try {
    return hooks[HEARS_END] ?? hooks.onEnd != null;
  } catch {
    // It is when they are told that what is wrong with them becomes a warning.
    return true;
  }
}

/** Tells hooks that a send has ended, and how. A hook that fails becomes a warning. */
export function tellEnd(
  hooks: Hooks,
  sent: SentCommand,
  outcome: SendOutcome,
  durationMs: number,
  warn: Warn = processWarning,
): void {
  try {
    watchUserPromise(warn, "the hook 'onEnd'", hooks.onEnd?.(sent, outcome, durationMs));
  } catch (failure) {
    warnOfUserCode(warn, "the hook 'onEnd'", failure);
  }
}
