import type { Schema } from '../protocol/definitions.ts';
import type { AnyProtocol, ResultEntry } from '../protocol/protocol.ts';
import { protocolTables } from '../protocol/protocol.ts';
import type { AnyHandler } from './handlers.ts';
import { handlerOf } from './handlers.ts';

/** What the server does with the Commands of one type. */
export interface Route {
  /** The name of the Command. */
  readonly name: string;
  readonly handler: AnyHandler;
  /** The object that the handlers were given in, so that they may call each other by `this`. */
  readonly self: unknown;
  /** What a payload must stand; none for a trusted one. */
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
  return commandEntries.map(({ name, definition, tagged, resultTypes }) => {
    const results = resultTypes.flatMap((type) => resultEntries[type] ?? []);
    return {
      name,
      handler: handlerOf(handlers, name),
      self: handlers,
      schema: definition.schema,
      result: tagged ? undefined : results[0],
      results: new Map(results.map((entry) => [entry.name, entry])),
    };
  });
}
