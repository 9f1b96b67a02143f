import { CmdStreamError, type CmdStreamErrorCode } from '../errors/cmd-stream-error.ts';

/** Arrays and objects of a payload are nested at most this deep; what goes deeper usually contains itself. */
export const MAX_PAYLOAD_DEPTH = 512;

/** A field's name is cut to this many characters in messages: keys may be as long as a payload. */
const MAX_NAME_LENGTH = 100;

/** How an object is sent. */
export type ObjectForm = 'list' | 'fields' | 'bytes' | 'date' | 'toJSON';

/**
 * Tells how `value` is sent: arrays element by element, `Uint8Array` (`Buffer`) as bytes, `Date` as a time, what has a
 * `toJSON` method as that says, every other object by its own enumerable fields.
 * @throws Unsendable for the objects of JavaScript whose contents are no fields (`Map`, `Set`, `Error`, `RegExp`,
 * `Float64Array`, ...): they would arrive empty.
 */
export function formOf(value: object): ObjectForm {
  if (Array.isArray(value)) return 'list';
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    if (value instanceof Uint8Array) return 'bytes';
    if (value instanceof Date) return 'date';
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') return 'toJSON';
  if (prototype !== Object.prototype && prototype !== null) {
    const tag = Object.prototype.toString.call(value).slice(8, -1);
    if (tag !== 'Object') throw new Unsendable(`is of type ${tag}: send it as plain data`);
  }
  return 'fields';
}

/** The milliseconds of a Date. */
export function timeOf(date: Date): number {
  const time = date.getTime();
  if (Number.isNaN(time)) throw new Unsendable('is an invalid Date');
  return time;
}

/** A value in a payload that cannot be sent. Gathers the way to it while the writer unwinds. */
export class Unsendable {
  readonly #problem: string;
  readonly #code: CmdStreamErrorCode;
  /** Keys and indices, the innermost first. */
  readonly #path: (string | number)[] = [];

  constructor(problem: string, code: CmdStreamErrorCode = 'encode-failed') {
    this.#problem = problem;
    this.#code = code;
  }

  /** Notes on the way up which field or element the value is in. Anything else that was thrown stays as it is. */
  static within(thrown: unknown, key: string | number): unknown {
    if (thrown instanceof Unsendable) thrown.#path.push(key);
    return thrown;
  }

  /** What a writer throws to its caller. Anything else that was thrown stays as it is. */
  static toError(thrown: unknown): unknown {
    return thrown instanceof Unsendable ? thrown.#toError() : thrown;
  }

  #toError(): CmdStreamError {
    const segments = this.#path.reverse().map(segment);
    // A value that contains itself has a path as long as the depth limit.
    if (segments.length > 12) segments.splice(6, segments.length - 12, '...');
    return new CmdStreamError(this.#code, `cannot be encoded: payload${segments.join('')} ${this.#problem}`);
  }
}

function segment(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`;
  const name = key.length > MAX_NAME_LENGTH ? `${key.slice(0, MAX_NAME_LENGTH)}...` : key;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** For a value of a type that is no data. */
export function noData(type: string): Unsendable {
  return new Unsendable(`is a ${type}: only data can be sent`);
}

/** For a value that is nested deeper than {@link MAX_PAYLOAD_DEPTH}. */
export function tooDeep(): Unsendable {
  return new Unsendable(`is nested deeper than ${MAX_PAYLOAD_DEPTH} levels, or contains itself`);
}

/** For a value that alone is over the limit of its payload. */
export function tooLong(maxPayloadBytes: number): Unsendable {
  return new Unsendable(`makes it longer than ${maxPayloadBytes} bytes (option 'maxFrameBytes')`, 'frame-too-large');
}
