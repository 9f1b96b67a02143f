import { types } from 'node:util';
import type { AnyActorRef, EventObject } from 'xstate';
import { CmdStreamError, type CmdStreamErrorCode } from '../errors/cmd-stream-error.ts';
import { isError } from '../errors/describe-error.ts';
import { isCommand } from '../protocol/command.ts';

/** What stands in the place of what is not shown. */
export const HIDDEN = '(hidden)';

const MAX_DEPTH = 8;
/** How many elements or keys of one thing are shown. */
const MAX_ENTRIES = 100;

/** Errors whose messages are the library's own words; others may quote a payload, or what the user's code threw. */
const OWN_WORDS: ReadonlySet<CmdStreamErrorCode> = new Set([
  'circuit-open',
  'unavailable',
  'overloaded',
  'timeout',
  'cancelled',
  'connect-failed',
  'handshake-timeout',
  'server-info-mismatch',
  'connection-lost',
  'protocol-error',
  'frame-too-large',
  'result-overflow',
  'closed',
  'listen-failed',
]);

/** Makes plain data, which JSON can hold, of whatever machines carry: for inspectors. */
export class Plain {
  readonly #payloads: boolean;

  /** @param payloads - whether payloads, and what may quote them, are shown. */
  constructor(payloads: boolean) {
    this.#payloads = payloads;
  }

  /** An event; without the value that a Result brings. */
  event(event: EventObject): EventObject {
    const shown = this.#fields(event, 0) as Record<string, unknown> & EventObject;
    if (event.type === 'result.received' && !this.#payloads) shown.value = HIDDEN;
    return shown;
  }

  /** A value, as data. */
  of(value: unknown): unknown {
    return this.#of(value, 0);
  }

  #of(value: unknown, depth: number): unknown {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function' || typeof value === 'symbol') return undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth >= MAX_DEPTH) return '...';
    if (isError(value)) return this.#error(value, depth);
    if (isActorRef(value)) return { actor: value.id };
    if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
    if (types.isMap(value)) return this.#of(Object.fromEntries([...value].slice(0, MAX_ENTRIES)), depth);
    if (types.isSet(value)) return this.#of([...value], depth);
    if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((element) => this.#of(element, depth + 1));
    if ('toJSON' in value && typeof value.toJSON === 'function') return this.#owner(value, value.toJSON(), depth);
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor.name}]`;
    return this.#fields(value, depth);
  }

  #fields(value: object, depth: number): Record<string, unknown> {
    const entries = Object.entries(value).slice(0, MAX_ENTRIES);
    return Object.fromEntries(entries.map(([key, field]) => [key, this.#of(field, depth + 1)]));
  }

  /** What an object says of itself; a request says nothing of its payload. */
  #owner(owner: object, said: unknown, depth: number): unknown {
    const shown = this.#of(said, depth + 1);
    if (!this.#payloads || !('command' in owner) || !isCommand(owner.command)) return shown;
    return { ...(shown as object), payload: this.#of(owner.command.payload, depth + 1) };
  }

  #error(error: Error, depth: number): object {
    const { name, message } = error;
    const code = 'code' in error ? this.#of(error.code, depth + 1) : undefined;
    const isOwn = CmdStreamError.is(error);
    const isShown = this.#payloads || (isOwn && OWN_WORDS.has(error.code));
    return {
      name,
      ...(code === undefined ? {} : { code }),
      message: isShown ? message : HIDDEN,
      ...(isOwn ? { mayHaveExecuted: error.mayHaveExecuted } : {}),
      ...(error.cause === undefined ? {} : { cause: this.#of(error.cause, depth + 1) }),
    };
  }
}

/** Whether `value` is an actor. */
export function isActorRef(value: unknown): value is AnyActorRef {
  return typeof value === 'object' && value !== null && 'sessionId' in value && 'getSnapshot' in value;
}
