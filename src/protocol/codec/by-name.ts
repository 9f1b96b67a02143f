import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { isPlainObject, show } from '../../base/options/check.ts';
import { ERROR_RESULT_TYPE } from '../reserved.ts';
import type { MessageSet } from './codec.ts';

/** Forms of the payloads of Commands, or of Results, for a codec that has to be told the form of each. */
export interface FormsByName<Form> {
  /** The codec, for messages: `mus()`. */
  readonly codec: string;
  /** The word for a form in messages: `serializer`. */
  readonly noun: string;
  readonly forms: ReadonlyMap<string, Form>;
}

/**
 * Checks an option that has the form of each payload, by the name of its Command or Result.
 * @throws CmdStreamError `invalid-argument`
 */
export function resolveForms<Form>(
  codec: string,
  noun: string,
  option: 'commands' | 'results',
  value: unknown,
  isForm: (value: unknown) => value is Form,
  accepted: string,
): FormsByName<Form> {
  if (!isPlainObject(value)) {
    throw refused(`option '${option}' of ${codec} must have a ${noun} for each name; got ${show(value)}`);
  }
  const forms = new Map<string, Form>();
  for (const [name, entry] of Object.entries(value)) {
    if (!isForm(entry)) throw refused(`option '${option}.${name}' of ${codec} must be ${accepted}; got ${show(entry)}`);
    forms.set(name, entry);
  }
  return { codec, noun, forms };
}

/**
 * The forms of all types of a protocol by their numbers, that of the library's own error Result among them.
 * @throws CmdStreamError `invalid-argument` where one is missing, or belongs to nothing.
 */
export function formsByType<Form>(
  { codec, noun, forms }: FormsByName<Form>,
  { kind, types }: MessageSet,
  errorResult: Form,
): ReadonlyMap<number, Form> {
  const what = kind === 'command' ? 'Command' : 'Result';
  for (const name of forms.keys()) {
    if (!types.includes(name))
      throw refused(`${codec} has a ${noun} for '${name}', which is no ${what} of the protocol`);
  }
  const byType = new Map<number, Form>();
  for (const [type, name] of types.entries()) {
    const form = forms.get(name);
    if (form === undefined) throw refused(`${codec} has no ${noun} for the ${what} '${name}' (option '${kind}s')`);
    byType.set(type, form);
  }
  if (kind === 'result') byType.set(ERROR_RESULT_TYPE, errorResult);
  return byType;
}

function refused(message: string): CmdStreamError {
  return new CmdStreamError('invalid-argument', message);
}
