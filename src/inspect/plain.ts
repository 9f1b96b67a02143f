import { types } from 'node:util';
import type { AnyActorRef, EventObject } from 'xstate';
import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { traitsOf } from '../base/errors/codes.ts';
import { isError } from '../base/errors/describe-error.ts';
import { shortened } from '../base/errors/printable.ts';
import { show } from '../base/options/check.ts';
import { isCommand } from '../protocol/command.ts';

/** Placeholder for what is not shown. */
export const HIDDEN = '(hidden)';

/** Placeholder for what there is no room for. */
const CUT_OFF = '...';

/** Placeholder for what throws when it is looked at. */
const UNREADABLE = '(cannot be read)';

const MAX_DEPTH = 8;
/** How many elements or keys of one thing are shown. */
const MAX_ENTRIES = 100;
/** How much of one text. */
const MAX_TEXT_LENGTH = 2_000;
/** How much of everything that hangs on one event, or on one snapshot: what JSON makes of it is to be short as well. */
const MAX_VALUES = 5_000;
const MAX_CHARACTERS = 64 * 1024;

/** Makes plain data, which JSON can hold, of whatever machines carry: for inspectors. */
export class Plain {
  readonly #payloads: boolean;

  /** @param payloads - whether payloads, and what may quote them, are shown. */
  constructor(payloads: boolean) {
    this.#payloads = payloads;
  }

  /** An event; without the value that a Result brings. */
  event(event: EventObject): EventObject {
    const hides = event.type === 'result.received' && !this.#payloads;
    const shown = new Walk(this.#payloads).of(hides ? { ...event, value: HIDDEN } : event, 0);
    return shown as EventObject;
  }

  /** A value, as data. */
  of(value: unknown): unknown {
    return new Walk(this.#payloads).of(value, 0);
  }
}

/** Goes through one value, and shows as much of it as anybody looks at: it may be megabytes that a peer has sent. */
class Walk {
  readonly #payloads: boolean;
  #valuesLeft = MAX_VALUES;
  #charactersLeft = MAX_CHARACTERS;

  constructor(payloads: boolean) {
    this.#payloads = payloads;
  }

  of(value: unknown, depth: number): unknown {
    if (this.#valuesLeft-- <= 0) return CUT_OFF;
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'bigint') return this.#text(`${value}n`);
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return CUT_OFF;
    try {
      return this.#object(value, depth);
    } catch {
      // A getter or a toJSON that throws, a Proxy that was revoked.
      return UNREADABLE;
    }
  }

  #object(value: object, depth: number): unknown {
    if (isError(value)) return this.#error(value, depth);
    if (isActorRef(value)) return { actor: value.id };
    if (ArrayBuffer.isView(value)) return `[${nameOf(value)} of ${value.byteLength} bytes]`;
    if (types.isMap(value)) return this.#fields(value, depth);
    if (types.isSet(value) || Array.isArray(value)) return this.#elements(value, depth);
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.#owner(value, value.toJSON(), depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return `[${nameOf(value)}]`;
    return this.#fields(entriesOf(value), depth);
  }

  #text(text: string): string {
    const shown = shortened(text, Math.max(CUT_OFF.length, Math.min(MAX_TEXT_LENGTH, this.#charactersLeft)));
    this.#charactersLeft -= shown.length;
    return shown;
  }

  #elements(values: Iterable<unknown>, depth: number): unknown[] {
    const shown: unknown[] = [];
    for (const value of values) {
      if (shown.length === MAX_ENTRIES || this.#valuesLeft <= 0) break;
      shown.push(this.of(value, depth + 1));
    }
    return shown;
  }

  #fields(entries: Iterable<readonly [unknown, unknown]>, depth: number): Record<string, unknown> {
    const shown: [string, unknown][] = [];
    for (const [key, field] of entries) {
      if (shown.length === MAX_ENTRIES || this.#valuesLeft <= 0) break;
      shown.push([this.#text(describeKey(key)), this.of(field, depth + 1)]);
    }
    // Defines: a field named `__proto__` is a field like any other.
    return Object.fromEntries(shown);
  }

  /** An object by its own account; a request says nothing of its payload. */
  #owner(owner: object, said: unknown, depth: number): unknown {
    const shown = this.of(said, depth + 1);
    if (!this.#payloads || !('command' in owner) || !isCommand(owner.command)) return shown;
    return { ...(shown as object), payload: this.of(owner.command.payload, depth + 1) };
  }

  /** Fields of an error, as far as it can be asked: what users throw may have getters that throw. */
  #error(error: Error, depth: number): object {
    const told = (name: string) => fieldOf(error, name);
    const [name, message, code, cause] = ['name', 'message', 'code', 'cause'].map(told);
    const isOwn = CmdStreamError.is(error);
    const isShown = this.#payloads || (isOwn && traitsOf(error.code).ownWords === true);
    return {
      name: this.#text(textOf(name)),
      ...(code === undefined ? {} : { code: this.of(code, depth + 1) }),
      message: isShown ? this.#text(textOf(message)) : HIDDEN,
      ...(isOwn ? { mayHaveExecuted: error.mayHaveExecuted } : {}),
      ...(cause === undefined ? {} : { cause: this.of(cause, depth + 1) }),
    };
  }
}

/** A text as it is; what stands in the place of one in few words. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : show(value);
}

/** The fields of an object one by one: one that a peer has sent may have millions. */
function* entriesOf(value: object): Iterable<readonly [string, unknown]> {
  for (const key in value) if (Object.hasOwn(value, key)) yield [key, Reflect.get(value, key)];
}

function describeKey(key: unknown): string {
  return typeof key === 'object' && key !== null ? `[${nameOf(key)}]` : String(key);
}

/** The name of an object's class, also where a payload has a field `constructor`. */
function nameOf(value: object): string {
  const made: unknown = Object.getPrototypeOf(value)?.constructor;
  return typeof made === 'function' ? made.name : 'Object';
}

/** Whether `value` is an actor. */
export function isActorRef(value: unknown): value is AnyActorRef {
  return typeof value === 'object' && value !== null && 'sessionId' in value && 'getSnapshot' in value;
}
