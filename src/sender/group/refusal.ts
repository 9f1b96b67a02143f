import type { SnapshotFrom } from 'xstate';
import type { groupMachine } from '../../../machines/group.ts';
import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { named } from '../../base/options/check.ts';

/** Why a Command could not be given to a client just now. */
export type DispatchRefusal = 'unavailable' | 'overloaded';

/** Of so many clients it is said why they are not ready; they may be many, and usually all say the same. */
const MAX_TOLD = 3;

/** Why clients are not ready. */
function describeErrors(errors: readonly (Error | undefined)[]): string {
  const told = new Set(errors.filter((error) => error !== undefined).map((error) => describeError(error)));
  if (told.size === 0) return 'still connecting';
  const others = told.size > MAX_TOLD ? `; and ${told.size - MAX_TOLD} more` : '';
  return `${[...told].slice(0, MAX_TOLD).join('; ')}${others}`;
}

/** The error of a Command that a group refuses, or would refuse, in the state that it is in. */
export function refusedBy(
  { value, context }: SnapshotFrom<typeof groupMachine>,
  code: 'closed' | DispatchRefusal,
  name: string | undefined,
  what = '',
): CmdStreamError {
  const cause = code === 'overloaded' ? undefined : context.error;
  const because = value === 'closed' && context.error !== undefined ? `: ${describeError(context.error)}` : '';
  const of = name === undefined ? '' : ` of '${name}'`;
  const why = {
    overloaded: `every ready client${of} has reached 'maxInFlightCommands' or 'maxBufferedBytes'`,
    unavailable: `no client${of} is ready (${describeErrors(context.errors)})`,
    closed: `${named('the sender', name)} is ${value}${because}`,
  };
  return new CmdStreamError(code, `${what}${why[code]}`, { cause });
}
