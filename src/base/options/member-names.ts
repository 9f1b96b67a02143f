import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { printable } from '../errors/printable.ts';
import { isPlainObject } from './check.ts';
import { nearest } from './near-name.ts';

/**
 * Refuses a misspelt member of an object of the user's whose members may be left out: a function (or an accessor) whose name
 * is near that of one which the object has not. All else it may have for itself, and a class may have whatever it likes.
 *
 * @param where - what the object is, in the message.
 * @throws CmdStreamError `invalid-argument`
 */
export function memberNames(where: string, object: object, names: readonly string[]): void {
  if (!isPlainObject(object)) return;
  for (const name of Object.keys(object)) {
    if (names.includes(name) || !mayBeCalled(object, name)) continue;
    const meant = nearest(
      name,
      names.filter((known) => !(known in object)),
    );
    if (meant === undefined) continue;
    const message = `${where} has no '${printable(name, 60)}', which would be ignored; did you mean '${meant}'?`;
    throw new CmdStreamError('invalid-argument', message);
  }
}

function mayBeCalled(object: object, name: string): boolean {
  const member = Object.getOwnPropertyDescriptor(object, name);
  return member !== undefined && (member.get !== undefined || typeof member.value === 'function');
}
