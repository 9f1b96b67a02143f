import { types } from 'node:util';
import { hasBrand, markClass } from '../../base/errors/brand.ts';
import { CmdStreamError, type CmdStreamErrorCode } from '../../base/errors/cmd-stream-error.ts';

/** Arrays and objects of a payload are nested at most this deep; what goes deeper usually contains itself. */
export const MAX_PAYLOAD_DEPTH = 512;

/** A field's name is cut to this many characters in messages: keys may be as long as a payload. */
const MAX_NAME_LENGTH = 100;

/** How an object is sent. */
export type ObjectForm = 'list' | 'fields' | 'bytes' | 'date' | 'toJSON';

/** A Date may have a `getTime` of its own; this is the one that counts. */
const { getTime } = Date.prototype;

/**
 * Tells how `value` is sent: arrays element by element, `Uint8Array` (`Buffer`) as bytes, `Date` as a time, what has a
 * `toJSON` method as that says, every other object by its own enumerable fields. Realms do not matter.
 * @throws Unsendable for the objects of JavaScript whose contents are no fields (`Map`, `Set`, `Error`, `RegExp`,
 * `Float64Array`, ...), and for a Proxy of one: they would arrive empty.
 */
export function formOf(value: object): ObjectForm {
  if (Array.isArray(value)) return 'list';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return hasToJson(value) ? 'toJSON' : 'fields';
  if (types.isUint8Array(value)) return 'bytes';
  if (types.isDate(value)) return 'date';
  if (types.isProxy(value)) checkProxy(prototype as object);
  if (hasToJson(value)) return 'toJSON';
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (tag !== 'Object') throw new Unsendable(`is of type ${tag}: send it as plain data`);
  return 'fields';
}

function hasToJson(value: object): boolean {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}

/** Refuses a Proxy of what keeps its contents out of sight: whatever is asked of it fails, or gives nothing. */
function checkProxy(prototype: object): void {
  for (let of: object | null = prototype; of !== null; of = Object.getPrototypeOf(of)) {
    const maker: unknown = of.constructor;
    if (typeof maker !== 'function' || maker.name === 'Object' || !isBuiltIn(maker)) continue;
    throw new Unsendable(`is a Proxy of a ${maker.name}: send it as plain data`);
  }
}

function isBuiltIn(maker: object): boolean {
  return Function.prototype.toString.call(maker).includes('[native code]');
}

/** The milliseconds of a Date. */
export function timeOf(date: Date): number {
  const time = getTime.call(date);
  if (Number.isNaN(time)) throw new Unsendable('is an invalid Date');
  return time;
}

/** Marks what a writer throws: serializers may come from another copy of the library. */
const unsendableBrand = Symbol.for('cmd-stream.Unsendable');

/** A value in a payload that cannot be sent. Gathers the way to it while the writer unwinds. */
export class Unsendable {
  static {
    markClass(Unsendable, unsendableBrand);
  }

  readonly problem: string;
  readonly code: CmdStreamErrorCode;
  /** Keys and indices, the innermost first. */
  readonly path: (string | number)[] = [];

  constructor(problem: string, code: CmdStreamErrorCode = 'encode-failed') {
    this.problem = problem;
    this.code = code;
  }

  /** Notes on the way up which field or element the value is in. Anything else that was thrown stays as it is. */
  static within(thrown: unknown, key: string | number): unknown {
    if (isUnsendable(thrown)) thrown.path.push(key);
    return thrown;
  }

  /** The error that a writer throws to its caller. Anything else that was thrown stays as it is. */
  static toError(thrown: unknown): unknown {
    if (!isUnsendable(thrown)) return thrown;
    const segments = [...thrown.path].reverse().map(segment);
    // A value that contains itself has a path as long as the depth limit.
    if (segments.length > 12) segments.splice(6, segments.length - 12, '...');
    return new CmdStreamError(thrown.code, `cannot be encoded: payload${segments.join('')} ${thrown.problem}`);
  }
}

function isUnsendable(thrown: unknown): thrown is Unsendable {
  return hasBrand(thrown, unsendableBrand);
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

/** For a field of a name by which JavaScript sets the prototype of an object. */
export function protoName(): Unsendable {
  return new Unsendable(
    "is a field of a name that no payload may have: in JavaScript it stands for an object's prototype",
  );
}

/** For a value that is nested deeper than {@link MAX_PAYLOAD_DEPTH}. */
export function tooDeep(): Unsendable {
  return new Unsendable(`is nested deeper than ${MAX_PAYLOAD_DEPTH} levels, or contains itself`);
}

/** For a value that alone is over the limit of its payload. */
export function tooLong(maxPayloadBytes: number): Unsendable {
  return new Unsendable(`makes it longer than ${maxPayloadBytes} bytes (option 'maxFrameBytes')`, 'frame-too-large');
}
