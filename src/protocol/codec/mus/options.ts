import { optionNames, wholeNumber } from '../../../base/options/check.ts';
import { type FormsByName, resolveForms } from '../by-name.ts';
import type { MessageSet } from '../codec.ts';
import { type AnyMusSerializer, isMusSerializer } from './serializer.ts';

/** Where the type numbers start. */
export interface MusFirstTypes {
  /** The type number of the first Command. Default 0. */
  readonly commands?: number | undefined;
  /** The type number of the first Result. Default 0. */
  readonly results?: number | undefined;
}

/** Checks the option `firstType`. */
export function resolveFirstTypes(value: unknown): Readonly<Record<MessageSet['kind'], number>> {
  if (typeof value !== 'object' || value === null) {
    const both = wholeNumber('firstType', value, 0, { min: 0 });
    return { command: both, result: both };
  }
  optionNames("option 'firstType'", value, ['commands', 'results']);
  const { commands, results } = value as MusFirstTypes;
  return {
    command: wholeNumber('firstType.commands', commands, 0, { min: 0 }),
    result: wholeNumber('firstType.results', results, 0, { min: 0 }),
  };
}

/** Checks the option `commands` or `results`. */
export function resolveSerializers(option: 'commands' | 'results', value: unknown): FormsByName<AnyMusSerializer> {
  const accepted = 'a serializer, made by varint, raw, ord, struct or transform';
  return resolveForms('mus()', 'serializer', option, value, isMusSerializer, accepted);
}
