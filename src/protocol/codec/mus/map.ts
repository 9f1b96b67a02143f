import { types } from 'node:util';
import { show } from '../../../base/options/check.ts';
import { protoField } from '../refused-payload.ts';
import { protoName, Unsendable } from '../sendable.ts';
import { checkLength, type LimitedMusSerializer, limited } from './limited.ts';
import { checkElement, type MusSerializer, serializer } from './serializer.ts';
import { string } from './text.ts';

// What a map takes in memory, about, in bytes, beside what its keys and values take: it is read as a list first.
const MAP: Weights = { emptyBytes: 200, entryBytes: 72 };
const RECORD: Weights = { emptyBytes: 64, entryBytes: 24 };

interface Weights {
  readonly emptyBytes: number;
  readonly entryBytes: number;
}

/** A map that has not arrived whole. */
interface MapFrame<Key, Value> {
  readonly length: number;
  /** Those that are kept: none of a map that is too long. */
  readonly entries: [Key, Value][];
  readonly read: number;
  /** The key whose value comes next, if that key has been read. */
  readonly key: { readonly key: Key } | undefined;
}

/** A map: the number of entries, and key and value in turn. */
export function map<KeyInput, KeyOutput, ValueInput, ValueOutput>(
  key: MusSerializer<KeyInput, KeyOutput>,
  value: MusSerializer<ValueInput, ValueOutput>,
): LimitedMusSerializer<ReadonlyMap<KeyInput, ValueInput>, Map<KeyOutput, ValueOutput>> {
  return limited((maxLength) => {
    const list = entries(`ord.map(${key.name},${value.name})`, key, value, maxLength, MAP);
    return serializer<ReadonlyMap<KeyInput, ValueInput>, Map<KeyOutput, ValueOutput>>(
      list.name,
      list.minBytes,
      (input, writer) => {
        if (!types.isMap(input)) throw new Unsendable(`is ${show(input)}, not a Map`);
        list.write([...input], writer);
      },
      (reader) => new Map(list.read(reader)),
    );
  });
}

/** A map from texts, as an object. */
export function record<Input, Output>(
  value: MusSerializer<Input, Output>,
): LimitedMusSerializer<Readonly<Record<string, Input>>, Record<string, Output>> {
  return limited((maxLength) => {
    const list = entries(`ord.record(${value.name})`, string, value, maxLength, RECORD);
    return serializer<Readonly<Record<string, Input>>, Record<string, Output>>(
      list.name,
      list.minBytes,
      (input, writer) => {
        if (typeof input !== 'object' || input === null || Array.isArray(input) || types.isMap(input)) {
          throw new Unsendable(
            `is ${types.isMap(input) ? 'a Map' : show(input)}, not an object with an entry for each key`,
          );
        }
        list.write(Object.entries(input), writer);
      },
      (reader) => Object.fromEntries(list.read(reader)),
    );
  });
}

/** The entries of a map as a list. */
function entries<KeyInput, KeyOutput, ValueInput, ValueOutput>(
  name: string,
  key: MusSerializer<KeyInput, KeyOutput>,
  value: MusSerializer<ValueInput, ValueOutput>,
  maxLength: number,
  weights: Weights,
): MusSerializer<readonly (readonly [KeyInput, ValueInput])[], [KeyOutput, ValueOutput][]> {
  checkElement(name, key);
  return serializer<readonly (readonly [KeyInput, ValueInput])[], [KeyOutput, ValueOutput][]>(
    name,
    1,
    (list, writer) => {
      checkLength(list.length, maxLength);
      writer.bytes.writeVarint(list.length);
      writer.enter();
      for (const [entryKey, entryValue] of list) {
        try {
          if (entryKey === '__proto__') throw protoName();
          key.write(entryKey, writer);
          value.write(entryValue, writer);
          writer.checkRoom();
        } catch (thrown) {
          throw Unsendable.within(thrown, typeof entryKey === 'number' ? entryKey : String(entryKey));
        }
      }
      writer.leave();
    },
    (reader) => {
      const frame = reader.resume<MapFrame<KeyOutput, ValueOutput>>();
      const length = frame?.length ?? reader.readLength('a map', key.minBytes + value.minBytes);
      const list = frame?.entries ?? [];
      let read = frame?.read ?? 0;
      let next = frame?.key;
      reader.enter(frame === undefined ? weights.emptyBytes + weights.entryBytes * length : 0);
      try {
        for (; read < length; read++) {
          next ??= { key: key.read(reader) };
          const entryValue = value.read(reader);
          if (next.key === '__proto__') reader.refuse(protoField().message);
          if (reader.problem === undefined && length <= maxLength) list.push([next.key, entryValue]);
          next = undefined;
        }
      } catch (thrown) {
        reader.suspend(thrown, { length, entries: list, read, key: next } satisfies MapFrame<KeyOutput, ValueOutput>);
        throw thrown;
      }
      reader.leave();
      if (length > maxLength) reader.refuse(`a map has the length ${length}, over the limit of ${maxLength}`);
      return list;
    },
  );
}
