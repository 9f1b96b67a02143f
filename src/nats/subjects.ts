import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { show } from '../base/options/check.ts';
import type { EngineCommand } from '../wire/engine.ts';

/** Group of all servers of a service: each Command goes to one of them. */
export const QUEUE_GROUP = 'q';

/** A name that is one part of a subject, with nothing in it that means something to a broker. */
const TOKEN = /^[\w-]+$/;

/** Whether `text` may be one part of a subject. */
export function isToken(text: unknown): text is string {
  return typeof text === 'string' && TOKEN.test(text);
}

/**
 * The subjects of the Commands of a service, by their type numbers: `cs.calc.Add`.
 * @throws CmdStreamError `invalid-argument` for a Command whose name is no part of a subject.
 */
export function subjectsOf(service: string, commands: readonly EngineCommand[]): readonly string[] {
  return commands.map(({ name }) => {
    if (isToken(name)) return `cs.${service}.${name}`;
    const message = `over NATS the name of a Command is of letters, digits, '_' and '-'; got ${show(name)}`;
    throw new CmdStreamError('invalid-argument', message);
  });
}

/** Subject by which all servers of a service are told that nobody waits for a Command, while it is not known who has it. */
export function cancelSubjectOf(service: string): string {
  return `cs.${service}.$cancel`;
}
