import { describeError } from '../base/errors/cmd-stream-error.ts';
import type { Terminal } from './terminal.ts';
import { failureOf, isMisuse } from './usage-error.ts';

/** Tells in one line what a sub-command has failed by, as JSON where that is wanted. Returns the exit code. */
export function tellFailure(name: string, error: unknown, asJson: boolean, err: Terminal): number {
  const misuse = isMisuse(error);
  if (asJson) err.json(failureOf(error));
  else err.line(`cmd-stream ${name}: ${describeError(error)}${misuse ? `; try 'cmd-stream ${name} --help'` : ''}`);
  return misuse ? 2 : 1;
}
