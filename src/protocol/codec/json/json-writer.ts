import { types } from 'node:util';
import { formOf, MAX_PAYLOAD_DEPTH, noData, protoName, timeOf, tooDeep, tooLong, Unsendable } from '../sendable.ts';
import { MAX_DIGITS } from './json-reader.ts';

const { getTime } = Date.prototype;

/** Writes values as JSON, exactly: what `JSON.stringify` would change or drop in silence is written, or refused. */
export class JsonWriter {
  readonly #maxBytes: number;
  /** From here on a whole number is more than the other side keeps. */
  readonly #beyond: bigint;

  /**
   * @param maxBytes - the longest text.
   * @param exact - whether the other side keeps whole numbers that are no safe `number`.
   */
  constructor(maxBytes: number, exact: boolean) {
    this.#maxBytes = maxBytes;
    this.#beyond = exact ? 10n ** BigInt(MAX_DIGITS) : 2n ** 53n;
  }

  /**
   * The JSON text of `value`.
   * @throws CmdStreamError `encode-failed` for what JSON cannot carry, `frame-too-large` for what is longer than
   * `maxBytes`; also whatever a getter or a `toJSON` of the value throws.
   */
  write(value: unknown): string {
    // JSON.stringify is twice as fast as any writer in JavaScript, and asking whether it may be used costs a fifth of it.
    if (isPlain(value, this.#maxBytes, 0)) return JSON.stringify(value);
    try {
      return this.#value(value, 0);
    } catch (thrown) {
      throw Unsendable.toError(thrown);
    }
  }

  #value(value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'number':
        if (!Number.isFinite(value)) throw new Unsendable(`is ${value}, which JSON cannot express`);
        return Object.is(value, -0) ? '-0' : String(value);
      case 'bigint':
        if (value >= this.#beyond || value <= -this.#beyond) throw beyond(value);
        return String(value);
      case 'boolean':
        return String(value);
      case 'undefined':
        return 'null';
      case 'object':
        return value === null ? 'null' : this.#object(value, depth);
      default:
        throw noData(typeof value);
    }
  }

  #object(value: object, depth: number): string {
    if (depth === MAX_PAYLOAD_DEPTH) throw tooDeep();
    switch (formOf(value)) {
      case 'list':
        return this.#list(value as unknown[], depth + 1);
      case 'fields':
        return this.#fields(value as Record<string, unknown>, depth + 1);
      case 'bytes':
        return this.#base64(value as Uint8Array);
      case 'date':
        return `"${new Date(timeOf(value as Date)).toISOString()}"`;
      case 'toJSON':
        return this.#value((value as { toJSON(): unknown }).toJSON(), depth + 1);
    }
  }

  #list(list: readonly unknown[], depth: number): string {
    const { length } = list;
    let text = '[';
    let index = 0;
    try {
      for (; index < length; index++) {
        text += index === 0 ? this.#value(list[index], depth) : `,${this.#value(list[index], depth)}`;
        if (text.length > this.#maxBytes) throw tooLong(this.#maxBytes);
      }
    } catch (thrown) {
      throw Unsendable.within(thrown, index);
    }
    return `${text}]`;
  }

  #fields(object: Readonly<Record<string, unknown>>, depth: number): string {
    let text = '{';
    let key = '';
    try {
      for (key of Object.keys(object)) {
        const value = object[key];
        if (value === undefined) continue;
        if (key === '__proto__') throw protoName();
        const separator = text.length === 1 ? '' : ',';
        text += `${separator}${JSON.stringify(key)}:${this.#value(value, depth)}`;
        if (text.length > this.#maxBytes) throw tooLong(this.#maxBytes);
      }
    } catch (thrown) {
      throw Unsendable.within(thrown, key);
    }
    return `${text}}`;
  }

  #base64(bytes: Uint8Array): string {
    if (bytes.length > this.#maxBytes) throw tooLong(this.#maxBytes);
    return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`;
  }
}

function beyond(value: bigint): Unsendable {
  const limit = 10n ** BigInt(MAX_DIGITS);
  if (value >= limit || value <= -limit) return new Unsendable(`is a bigint of more than ${MAX_DIGITS} digits`);
  return new Unsendable(
    "is a bigint beyond ±(2^53 - 1), which would arrive rounded: use json({ int64: 'bigint' }) on both sides, or send a text",
  );
}

/** Whether `JSON.stringify` writes `value` without changing or dropping anything; `false` where that is not certain. */
function isPlain(value: unknown, maxElements: number, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'undefined':
      // JSON.stringify(undefined) alone gives no text.
      return depth > 0;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object': {
      if (value === null) return true;
      if (depth === MAX_PAYLOAD_DEPTH) return false;
      if (Array.isArray(value)) {
        if (value.length > maxElements) return false;
        for (let index = 0; index < value.length; index++) {
          if (!isPlain(value[index], maxElements, depth + 1)) return false;
        }
        return true;
      }
      return isPlainObject(value as Record<string, unknown>, maxElements, depth);
    }
    default:
      return false;
  }
}

/** Whether a Date is valid, and has no methods of its own, which JSON.stringify would ask. */
function isOrdinary(date: Date): boolean {
  return Number.isFinite(getTime.call(date)) && Object.keys(date).length === 0;
}

function isPlainObject(object: Readonly<Record<string, unknown>>, maxElements: number, depth: number): boolean {
  const prototype = Object.getPrototypeOf(object);
  if (prototype === Date.prototype) return types.isDate(object) && isOrdinary(object);
  if ((prototype !== Object.prototype && prototype !== null) || typeof object.toJSON === 'function') return false;
  for (const key in object) {
    if (key === '__proto__' || !isPlain(object[key], maxElements, depth + 1)) return false;
  }
  return true;
}
