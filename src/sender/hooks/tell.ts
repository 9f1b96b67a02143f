import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { processWarnings, type Warnings } from '../../base/warnings.ts';
import type { EndingHook } from './ending-hook.ts';
import { HEARS_END, type Hooks, type ReceivedResult, type SendOutcome, type SentCommand } from './hooks.ts';

/** Whether hooks are to be told of Results. Asking may call a getter, which may fail. */
export function hearResults(hooks: Hooks, warnings: Warnings): boolean {
  try {
    return hooks.onResult !== undefined;
  } catch (error) {
    warnings.userCodeFailed("the hook 'onResult'", error);
    return false;
  }
}

/** Tells hooks of a Result. A hook that fails becomes a warning. */
export function tellResult(
  hooks: Hooks,
  sent: SentCommand,
  result: ReceivedResult,
  warnings: Warnings = processWarnings,
): void {
  try {
    warnings.watchPromise("the hook 'onResult'", hooks.onResult?.(sent, result));
  } catch (error) {
    warnings.userCodeFailed("the hook 'onResult'", error);
  }
}

/** Tells hooks how a send ended that did not succeed. A hook that fails becomes a warning. */
export function tellEnding(
  hooks: Hooks,
  ending: EndingHook,
  sent: SentCommand,
  error: CmdStreamError,
  warnings: Warnings = processWarnings,
): void {
  try {
    warnings.watchPromise(`the hook '${ending}'`, hooks[ending]?.(sent, error));
  } catch (failure) {
    warnings.userCodeFailed(`the hook '${ending}'`, failure);
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
  warnings: Warnings = processWarnings,
): void {
  try {
    warnings.watchPromise("the hook 'onEnd'", hooks.onEnd?.(sent, outcome, durationMs));
  } catch (failure) {
    warnings.userCodeFailed("the hook 'onEnd'", failure);
  }
}
