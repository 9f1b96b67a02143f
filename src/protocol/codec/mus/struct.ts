import { CmdStreamError } from '../../../base/errors/cmd-stream-error.ts';
import { show } from '../../../base/options/check.ts';
import { Unsendable } from '../sendable.ts';
import {
  type AnyMusSerializer,
  isMusSerializer,
  type MusInput,
  type MusOutput,
  type MusSerializer,
  serializer,
} from './serializer.ts';

/** The fields of a struct, in the order of Go's struct. */
export type MusFields = Readonly<Record<string, AnyMusSerializer>>;

/** The fields that may be left out: those that take `undefined`. */
type OptionalKeys<F extends MusFields> = {
  [Name in keyof F]: undefined extends MusInput<F[Name]> ? Name : never;
}[keyof F];

/** The input of a struct: an object with its fields; nothing, where there are none. */
export type StructInput<F extends MusFields> = [keyof F] extends [never]
  ? // biome-ignore lint/suspicious/noConfusingVoidType: what a Command without a payload is declared as.
    object | null | undefined | void
  : { readonly [Name in Exclude<keyof F, OptionalKeys<F>>]: MusInput<F[Name]> } & {
      readonly [Name in OptionalKeys<F>]?: MusInput<F[Name]>;
    };

/** The output of a struct. */
export type StructOutput<F extends MusFields> = { -readonly [Name in keyof F]: MusOutput<F[Name]> };

// What a struct takes in memory, about, in bytes.
const STRUCT_BYTES = 24;
const FIELD_BYTES = 16;

/** A struct that has not arrived whole. */
interface StructFrame {
  readonly value: Record<string, unknown>;
  readonly read: number;
}

/**
 * A struct: its fields in their order, nothing between them. The names are those of the object on this side only; MUS
 * writes none, so the order is what both sides must agree on. A struct without fields takes `undefined` as well.
 *
 * @example
 * ```ts
 * const found = struct({ key: ord.string, count: varint.int, tags: ord.slice(ord.string.maxLength(50)) });
 * ```
 * @throws CmdStreamError `invalid-argument` for a field without a serializer, or one with a name that JavaScript would
 * put elsewhere (a whole number, `__proto__`).
 */
export function struct<const F extends MusFields>(fields: F): MusSerializer<StructInput<F>, StructOutput<F>> {
  const names = Object.keys(fields);
  const parts = names.map((name) => checkField(name, fields[name]) as MusSerializer<unknown>);
  const minBytes = parts.reduce((sum, part) => sum + part.minBytes, 0);
  const weight = STRUCT_BYTES + FIELD_BYTES * names.length;
  return serializer<unknown>(
    `struct(${names.join(',')})`,
    minBytes,
    (value, writer) => {
      if (names.length === 0 && (value === undefined || value === null)) return;
      if (typeof value !== 'object' || value === null) throw new Unsendable(`is ${show(value)}, not an object`);
      let index = 0;
      writer.enter();
      try {
        for (; index < parts.length; index++) {
          (parts[index] as MusSerializer<unknown>).write(
            (value as Record<string, unknown>)[names[index] as string],
            writer,
          );
        }
      } catch (thrown) {
        throw Unsendable.within(thrown, names[index] as string);
      }
      writer.leave();
    },
    (reader) => {
      const frame = reader.resume<StructFrame>();
      const value = frame?.value ?? {};
      let read = frame?.read ?? 0;
      reader.enter(frame === undefined ? weight : 0);
      try {
        for (; read < parts.length; read++) {
          value[names[read] as string] = (parts[read] as MusSerializer<unknown>).read(reader);
        }
      } catch (thrown) {
        reader.suspend(thrown, { value, read } satisfies StructFrame);
        throw thrown;
      }
      reader.leave();
      return value;
    },
  ) as MusSerializer<StructInput<F>, StructOutput<F>>;
}

function checkField(name: string, part: unknown): AnyMusSerializer {
  if (/^\d+$/.test(name) || name === '__proto__') {
    throw new CmdStreamError(
      'invalid-argument',
      `struct(): '${name}' cannot be the name of a field: JavaScript would move it`,
    );
  }
  if (isMusSerializer(part)) return part;
  throw new CmdStreamError(
    'invalid-argument',
    `struct(): field '${name}' must be a serializer (of varint, raw, ord, struct or transform); got ${show(part)}`,
  );
}
