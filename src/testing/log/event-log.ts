import { createHash } from 'node:crypto';
import { types } from 'node:util';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { isError } from '../../base/errors/describe-error.ts';

/** Values that details of a log entry are made of: plain data. */
export type LogValue = null | boolean | number | string | readonly LogValue[] | { readonly [name: string]: LogValue };

/** The details of a log entry. */
export type LogDetails = { readonly [name: string]: LogValue };

/** One thing that happened in a simulation. */
export interface LogEntry {
  /** When: milliseconds since the simulation began. */
  readonly atMs: number;
  /** Kind of event, such as `net.dial` or `send`; those of the kit's own are listed in {@link EventLog}. */
  readonly kind: string;
  /** To whom: a connection `client:49152>a:9000`, a host `a`, a sender `sender-1`. */
  readonly who: string;
  readonly details: LogDetails;
}

/** Hashing pieces of this length is faster than entry by entry. */
const HASHED_AT_ONCE = 65_536;

const NO_DETAILS: LogDetails = Object.freeze({});

/**
 * Everything that happened in a simulation, in order. The kit itself logs:
 *
 * | kind | who | details |
 * |---|---|---|
 * | `net.listen`, `net.unlisten` | host | `address` |
 * | `net.dial`, `net.dialFailed` | host | `address`; `code` |
 * | `net.accepted`, `net.connected` | connection | |
 * | `net.bytes` | connection | `from`, `bytes`, `sum`: a checksum |
 * | `net.corrupted` | connection | `from`, `at` |
 * | `net.closed` | connection | `at`: which host's end, `code` where it was not in order |
 * | `fault.begin`, `fault.end` | `network` | the fault |
 * | `send` | sender | `id`, `command`, `payload` |
 * | `result`, `failed`, `timedOut`, `cancelled` | sender | `id`, `command`, `seq`, `client`; `value`, `last`; `code`, `mayHaveExecuted` |
 * | `status`, `breaker` | sender | what changed |
 * | `unexpected` | sender | `client`, `seq`, `type` |
 * | `execute`, `handlerError` | server | `command`, `seq`, `client`, `payload`; `message` |
 * | `connection`, `connectionLost` | server | `client`; `code` |
 * | `server.up`, `server.down`, `server.failed` | server | `starts`; `error` |
 */
export class EventLog {
  readonly entries: LogEntry[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#now();
  }

  /** Logs what is plain data already and is never changed afterwards. */
  add(kind: string, who: string, details: LogDetails = NO_DETAILS): void {
    this.entries.push({ atMs: this.#now(), kind, who, details });
  }

  /** A hash (SHA-256, hexadecimal) over all entries: the same where the very same things happened. */
  get hash(): string {
    const hash = createHash('sha256');
    let text = '';
    for (const entry of this.entries) {
      text += `${JSON.stringify(entry)}\n`;
      if (text.length < HASHED_AT_ONCE) continue;
      hash.update(text);
      text = '';
    }
    return hash.update(text).digest('hex');
  }
}

/** How deep values are shown. */
const MAX_DEPTH = 6;

/** A copy of any value as plain data that means the same in every process: errors as code and message, no stacks. */
export function plain(value: unknown, depth = 0): LogValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : plainObject(value, depth);
    case 'function':
      return 'a function';
    default:
      return String(value);
  }
}

function plainObject(value: object, depth: number): LogValue {
  if (CmdStreamError.is(value)) {
    const { code, message, mayHaveExecuted } = value;
    return { code, message, mayHaveExecuted };
  }
  if (isError(value)) {
    const { name, message } = value;
    return 'code' in value ? { code: String(value.code), message } : { name, message };
  }
  if (types.isUint8Array(value)) return `hex:${Buffer.from(value).toString('hex')}`;
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (depth >= MAX_DEPTH) return '...';
  if (Array.isArray(value)) return value.map((entry) => plain(entry, depth + 1));
  if (types.isMap(value) || types.isSet(value)) return plain([...value], depth);
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry, depth + 1)]));
}
