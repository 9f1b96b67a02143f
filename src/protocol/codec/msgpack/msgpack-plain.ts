import { formOf, MAX_PAYLOAD_DEPTH, noData, protoName, timeOf, tooDeep, tooLong, Unsendable } from '../sendable.ts';

const MAX_UINT32 = 0xffff_ffff;
const MIN_INT32 = -0x8000_0000;
const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);

const isOwn = Object.prototype.hasOwnProperty;

/**
 * Makes of values what msgpackr writes as plain MessagePack that typed languages read: whole numbers beyond 32 bits
 * become `bigint`, which it writes as integers (of a `number` it would make a float); fields that are `undefined` are
 * left out. Most values stay what they are; what has to change is copied.
 */
export class PlainMaker {
  readonly #maxBytes: number;
  /** How many more bytes the payload may take, counting what each value and key takes at least. */
  #left = 0;

  /** @param maxBytes - the longest payload; a value that cannot fit is not walked to its end. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * @throws CmdStreamError `encode-failed` for what would not arrive as what it is (functions, `Map`, `Set`, half a
   * surrogate pair, ...), `frame-too-large`; also whatever a getter or a `toJSON` of the value throws.
   */
  make(value: unknown): unknown {
    this.#left = this.#maxBytes;
    try {
      return this.#plain(value, 0);
    } catch (thrown) {
      throw Unsendable.toError(thrown);
    }
  }

  #plain(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        this.#spend(value.length);
        return plainText(value);
      case 'number':
        return plainNumber(value);
      case 'object':
        return value === null ? null : this.#object(value, depth);
      case 'bigint':
        if (value > MAX_UINT64 || value < MIN_INT64)
          throw new Unsendable('is a whole number of more than 64 bits, which MessagePack cannot express');
        return value;
      case 'function':
      case 'symbol':
        throw noData(typeof value);
      default:
        return value;
    }
  }

  #object(value: object, depth: number): unknown {
    if (depth === MAX_PAYLOAD_DEPTH) throw tooDeep();
    switch (formOf(value)) {
      case 'list':
        return this.#list(value as unknown[], depth + 1);
      case 'fields':
        return this.#fields(value as Record<string, unknown>, depth + 1);
      case 'date':
        return plainDate(value as Date);
      case 'bytes':
        this.#spend((value as Uint8Array).length);
        return plainBytes(value as Uint8Array);
      case 'toJSON':
        return this.#plain((value as { toJSON(): unknown }).toJSON(), depth + 1);
    }
  }

  #list(list: readonly unknown[], depth: number): readonly unknown[] {
    this.#spend(list.length);
    let copy: unknown[] | undefined;
    let index = 0;
    try {
      for (; index < list.length; index++) {
        const value = list[index];
        const plain = this.#plain(value, depth);
        if (copy === undefined && Object.is(plain, value)) continue;
        copy ??= list.slice(0, index);
        copy[index] = plain;
      }
    } catch (thrown) {
      throw Unsendable.within(thrown, index);
    }
    return copy ?? list;
  }

  #fields(object: Readonly<Record<string, unknown>>, depth: number): object {
    let copy: Record<string, unknown> | undefined;
    let key = '';
    try {
      // No list of keys is made, and V8 knows this test (not `Object.hasOwn`): 45 ns for four fields, in place of 74.
      for (key in object) {
        if (!isOwn.call(object, key)) continue;
        const value = object[key];
        if (value !== undefined) this.#spendKey(key);
        const plain = this.#plain(value, depth);
        if (value !== undefined && Object.is(plain, value)) continue;
        copy ??= { ...object };
        if (value === undefined) delete copy[key];
        else copy[key] = plain;
      }
    } catch (thrown) {
      throw Unsendable.within(thrown, key);
    }
    return copy ?? object;
  }

  /** Charges a field's name, with its header, and the first byte of its value. */
  #spendKey(key: string): void {
    this.#spend(key.length + 2);
    if (key === '__proto__') throw protoName();
    plainText(key);
  }

  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw tooLong(this.#maxBytes);
  }
}

/** A Date that msgpackr takes for one: of this realm, and without methods of its own, which it would ask. */
function plainDate(date: Date): Date {
  const time = timeOf(date);
  const isPlain = Object.getPrototypeOf(date) === Date.prototype;
  return isPlain && !isOwn.call(date, 'getTime') && !isOwn.call(date, 'getMilliseconds') ? date : new Date(time);
}

/** Bytes that msgpackr takes for bytes: of this realm. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  const prototype: unknown = Object.getPrototypeOf(bytes);
  if (prototype === Uint8Array.prototype || prototype === Buffer.prototype) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function plainText(text: string): string {
  if (text.isWellFormed()) return text;
  throw new Unsendable('has half of a surrogate pair, which UTF-8 cannot express (see String.toWellFormed)');
}

function plainNumber(value: number): number | bigint {
  return (value > MAX_UINT32 || value < MIN_INT32) && Number.isSafeInteger(value) ? BigInt(value) : value;
}
