import { fieldOf } from '../base/errors/ask.ts';
import { tookPromise } from '../base/thenable.ts';
import type { Schema } from '../protocol/definitions.ts';
import { type AnyProtocol, protocolTables } from '../protocol/protocol.ts';
import type { Welcome } from '../wire/extension/introduction.ts';

/** Which Results answer which Commands, for a client that does not have the protocol. */
export function answersOf(protocol: AnyProtocol): Pick<Welcome, 'returns' | 'several'> {
  const { commandEntries, resultEntries } = protocol[protocolTables];
  return {
    returns: commandEntries.map(({ resultTypes }) => resultTypes),
    several: resultEntries.filter(({ definition }) => definition.lastOne !== undefined).map(({ type }) => type),
  };
}

/**
 * JSON Schemas of the payloads of a protocol, by the names of the Commands whose validators give one (Standard JSON Schema). Of those
 * that have no room together the smallest are kept. Whatever a validator does costs its own schema alone.
 *
 * @param roomBytes - how many bytes they may take as JSON.
 */
export function schemasOf(protocol: AnyProtocol, roomBytes: number): Welcome['schemas'] {
  const { commandEntries } = protocol[protocolTables];
  const made = commandEntries.flatMap(({ name, definition }) => {
    const schema = definition.schema === undefined ? undefined : jsonSchemaOf(definition.schema);
    if (schema === undefined) return [];
    return [{ name, schema, bytes: Buffer.byteLength(JSON.stringify({ [name]: schema })) }];
  });
  made.sort((one, other) => one.bytes - other.bytes);
  let leftBytes = roomBytes;
  const kept = made.filter(({ bytes }) => {
    leftBytes -= bytes;
    return leftBytes >= 0;
  });
  return Object.fromEntries(kept.map(({ name, schema }) => [name, schema]));
}

/** JSON Schema of what a validator takes, as plain data; none where it gives none. */
function jsonSchemaOf(schema: Schema): object | undefined {
  try {
    const converter = fieldOf(fieldOf(schema, '~standard'), 'jsonSchema');
    const convert = fieldOf(converter, 'input');
    if (typeof convert !== 'function') return undefined;
    const made: unknown = Reflect.apply(convert, converter, [{ target: 'draft-2020-12' }]);
    if (tookPromise(made)) return undefined;
    // Which draft it is, is the same for all.
    const { $schema: _, ...plain } = JSON.parse(JSON.stringify(made)) as Record<string, unknown>;
    return typeof made === 'object' && !Array.isArray(made) ? plain : undefined;
  } catch {
    return undefined;
  }
}
