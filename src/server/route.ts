import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { show } from '../base/options/check.ts';
import type { Schema } from '../protocol/definitions.ts';
import { type AnyProtocol, protocolTables, type ResultEntry } from '../protocol/protocol.ts';
import { type AnyHandler, handlerOf } from './handlers.ts';

/** Route of the Commands of one type through the server. */
export interface Route {
  /** The name of the Command. */
  readonly name: string;
  /** Its type number on the wire. */
  readonly type: number;
  readonly handler: AnyHandler;
  /** The object that the handlers were given in, so that they may call each other by `this`. */
  readonly self: unknown;
  /** Schema that a payload must pass; none for a trusted one. */
  readonly schema: Schema | undefined;
  /** The one Result type that answers; `undefined` where there are several and Results name theirs. */
  readonly result: ResultEntry | undefined;
  /** All Result types that answer, by name. */
  readonly results: ReadonlyMap<string, ResultEntry>;
}

/**
 * The routes of a protocol; the index is the type number on the wire.
 * @throws CmdStreamError `invalid-argument` for a handler that is missing.
 */
export function makeRoutes(protocol: AnyProtocol, handlers: unknown): readonly Route[] {
  const { commandEntries, resultEntries } = protocol[protocolTables];
  const names = commandEntries.map(({ name }) => name);
  return commandEntries.map(({ name, type: number, definition, tagged, resultTypes }) => {
    const results = resultTypes.flatMap((type) => resultEntries[type] ?? []);
    return {
      name,
      type: number,
      handler: handlerOf(handlers, name, names),
      self: handlers,
      schema: definition.schema,
      result: tagged ? undefined : results[0],
      results: new Map(results.map((entry) => [entry.name, entry])),
    };
  });
}

/**
 * Which type a Result says that it has, where a Command may be answered by several.
 * @throws CmdStreamError `encode-failed` for one that says none of them.
 */
export function resultEntryOf({ results }: Route, result: unknown): ResultEntry {
  const type = typeof result === 'object' && result !== null && 'type' in result ? result.type : undefined;
  const entry = typeof type === 'string' ? results.get(type) : undefined;
  if (entry !== undefined) return entry;
  const types = [...results.keys()].map((name) => `'${name}'`).join(' or ');
  const got = type === undefined ? show(result) : `type ${show(type)}`;
  throw new CmdStreamError('encode-failed', `a Result must be { type, value } with type ${types}; got ${got}`);
}
