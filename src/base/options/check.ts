import { types } from 'node:util';
import { hasMethods } from '../errors/ask.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { describeError } from '../errors/describe-error.ts';
import { escapeUnprintable, printable } from '../errors/printable.ts';
import { nearest } from './near-name.ts';

/** Dates may have a getTime of their own. */
const timeOf = Date.prototype.getTime;

/** Shows a rejected value in an error message: short, and never the contents of a large object. */
export function show(value: unknown): string {
  if (typeof value === 'string')
    return escapeUnprintable(JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value));
  if (typeof value === 'function') return `a function`;
  if (types.isProxy(value)) return 'a Proxy';
  if (types.isDate(value)) return Number.isNaN(timeOf.call(value)) ? 'an invalid Date' : 'a Date';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object`;
  return printable(String(value), 60);
}

/** The error for an option that is not acceptable: names the field, what it accepts and what came. */
export function invalidOption(field: string, accepted: string, got: unknown): CmdStreamError {
  return new CmdStreamError('invalid-argument', `option '${field}' must be ${accepted}; got ${show(got)}`);
}

/** The same for a value that is a secret, or may be: tells of what kind it is, and no more. */
export function invalidSecret(field: string, accepted: string, got: unknown): CmdStreamError {
  return new CmdStreamError('invalid-argument', `option '${field}' must be ${accepted}; got ${kindOf(got)}`);
}

function kindOf(value: unknown): string {
  if (value === '') return 'an empty string';
  if (typeof value === 'object' || typeof value === 'undefined' || typeof value === 'function') return show(value);
  return `a ${typeof value}`;
}

/** A whole number within `[min, max]`. */
export function wholeNumber(
  field: string,
  value: unknown,
  fallback: number,
  { min = 1, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw invalidOption(field, `a whole number ${range}`, value);
}

/** The longest delay that a Node timer holds: 2^31 - 1 ms, about 24.8 days. */
export const MAX_TIMER_MS = 2_147_483_647;

/** A duration in milliseconds within `[minMs, MAX_TIMER_MS]`; `Infinity` only where `infinite` says so. */
export function durationMs(
  field: string,
  value: unknown,
  fallback: number,
  { minMs = 1, infinite = false }: { minMs?: number; infinite?: boolean } = {},
): number {
  if (value === undefined) return fallback;
  if (infinite && value === Number.POSITIVE_INFINITY) return value;
  if (typeof value === 'number' && value >= minMs && value <= MAX_TIMER_MS) return value;
  const or = infinite ? ', or Infinity for none' : '';
  throw invalidOption(field, `a duration in milliseconds from ${minMs} to ${MAX_TIMER_MS}${or}`, value);
}

/** `true` or `false`. */
export function flag(field: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw invalidOption(field, 'true or false', value);
}

/** The longest name of a sender or a server, in characters. */
const MAX_NAME_LENGTH = 64;

/** Name that a user gives to a sender or a server, or nothing: it stands in lines of logs and in labels, so that it must be printable. */
export function givenName(field: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const isName = typeof value === 'string' && value.length <= MAX_NAME_LENGTH && value === value.trim() && value !== '';
  if (isName && escapeUnprintable(value) === value) return value;
  throw invalidOption(field, `a name of 1 to ${MAX_NAME_LENGTH} printable characters, without spaces around it`, value);
}

/** An owner in messages: `the sender`, `the sender 'checkout'`. */
export function named(owner: string, name: string | undefined): string {
  return name === undefined ? owner : `${owner} '${name}'`;
}

/** A number within `(0, 1]`. */
export function share(field: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw invalidOption(field, 'a number above 0, up to 1', value);
}

/** One of a closed set of strings. */
export function oneOf<const T extends string>(field: string, value: unknown, fallback: T, accepted: readonly T[]): T {
  if (value === undefined) return fallback;
  const found = accepted.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  throw invalidOption(field, accepted.map((candidate) => `'${candidate}'`).join(' or '), value);
}

/** A function, or nothing. */
export function callback<T>(field: string, value: T | undefined): T | undefined {
  if (value === undefined || typeof value === 'function') return value;
  throw invalidOption(field, 'a function', value);
}

/** An object with these methods, or nothing. */
export function objectWith<T extends object>(
  field: string,
  value: T | undefined,
  methods: readonly (keyof T)[],
  accepted = `an object with ${methods.map((name) => `${String(name)}()`).join(', ')}`,
): T | undefined {
  if (value === undefined || hasMethods(value, methods)) return value;
  throw invalidOption(field, accepted, value);
}

/** An AbortSignal, or nothing. Known by what it can do, since there is one class of the name in each realm. */
export function abortSignal(field: string, value: AbortSignal | undefined): AbortSignal | undefined {
  if (value === undefined || isAbortSignal(value)) return value;
  throw invalidOption(field, 'an AbortSignal', value);
}

function isAbortSignal(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  try {
    const { aborted, addEventListener, removeEventListener } = value as Partial<AbortSignal>;
    return (
      typeof aborted === 'boolean' &&
      typeof addEventListener === 'function' &&
      typeof removeEventListener === 'function'
    );
  } catch {
    return false;
  }
}

/**
 * Refuses what is not a plain object of options, option names that do not exist (a misspelt option must not be ignored)
 * and options that cannot be read. What is not plain may keep what it holds elsewhere, and would pass for empty options.
 */
export function optionNames(where: string, options: unknown, names: readonly string[]): void {
  if (!isPlainObject(options)) {
    const got = typeof options === 'object' && options !== null ? describeObject(options) : show(options);
    throw new CmdStreamError('invalid-argument', `${where} must be an object; got ${got}`);
  }
  // No list of the names is made: this is asked of every send that has options.
  for (const name in options) {
    if (!names.includes(name)) {
      if (!Object.hasOwn(options, name)) continue;
      const owner = where.replace(/^the options of /, '');
      const message = `${owner} has no option '${printable(name, 60)}'; ${adviceFor(name, names)}`;
      throw new CmdStreamError('invalid-argument', message);
    }
    readable(where, options, name);
  }
}

/** So many names are shown at most where none is near; a longer list hides what it says. */
const MAX_NAMES = 12;

/** Advice about a name that does not exist. */
function adviceFor(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  if (meant !== undefined) return `did you mean '${meant}'?`;
  if (names.length === 0) return 'it accepts none';
  const shown = names.length > MAX_NAMES ? names.slice(0, MAX_NAMES - 1) : names;
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  return `it accepts ${shown.map((known) => `'${known}'`).join(', ')}${more}`;
}

/** A getter that throws fails here, where it can be said which one it is. */
function readable(where: string, options: Readonly<Record<string, unknown>>, name: string): void {
  try {
    void options[name];
  } catch (error) {
    const message = `${where}: '${name}' cannot be read: ${describeError(error)}`;
    throw new CmdStreamError('invalid-argument', message, { cause: error });
  }
}

/** Whether `value` is an object literal, or one without a prototype; of any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || types.isProxy(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || isObjectPrototype(prototype as object);
}

/** Whether it is the `Object.prototype` of some realm: the one object without a prototype that has these methods. */
function isObjectPrototype(prototype: object): boolean {
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'isPrototypeOf') &&
    Object.hasOwn(prototype, 'propertyIsEnumerable') &&
    !types.isProxy(prototype)
  );
}

/** The name of an object that is not plain: its kind, or its class. */
function describeObject(value: object): string {
  const shown = show(value);
  if (shown !== 'an object') return shown;
  try {
    const name: unknown = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
    return typeof name === 'string' && name !== '' ? `an object of the class ${name.slice(0, 60)}` : shown;
  } catch {
    return shown;
  }
}
