import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { show } from '../../base/options/check.ts';
import { tookPromise } from '../../base/thenable.ts';
import { processWarnings } from '../../base/warnings.ts';
import type { CountsAsFailure } from '../breaker/options.ts';
import { blamesService } from './blame.ts';
import type { SentCommand } from './hooks.ts';

/** Meaning of the error that ended a send, for a circuit breaker. */
export type Verdict = 'failure' | 'success' | 'nothing';

/** Verdict of an error on the service, by the user's own rule where there is one. */
export function verdictOf(error: CmdStreamError, sent: SentCommand, rule: CountsAsFailure | undefined): Verdict {
  if ((rule === undefined ? undefined : ask(rule, error, sent)) ?? blamesService(error, sent)) return 'failure';
  return error.code === 'command-failed' && sent.seq > 0 ? 'success' : 'nothing';
}

/** Answer of the rule; nothing where it fails, which becomes a warning. */
function ask(rule: CountsAsFailure, error: CmdStreamError, sent: SentCommand): boolean | undefined {
  const what = `'countsAsFailure' of the circuit breaker`;
  try {
    const counts: unknown = rule(error, sent);
    if (typeof counts === 'boolean') return counts;
    const got = tookPromise(counts) ? 'a promise' : show(counts);
    processWarnings.userCodeFailed(what, new TypeError(`it must return true or false; got ${got}`));
  } catch (thrown) {
    processWarnings.userCodeFailed(what, thrown);
  }
  return undefined;
}
