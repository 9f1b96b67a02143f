import { CmdStreamError } from '../../../base/errors/cmd-stream-error.ts';
import type { MusReader } from './mus-reader.ts';
import type { MusWriter } from './mus-writer.ts';

/**
 * Writes and reads one kind of value. `Input` is what it takes, `Output` what it gives: they differ where it takes more
 * (`varint.int64` takes numbers too, and always gives a `bigint`). Made by `varint`, `raw`, `ord`, `struct` and
 * `transform`; not meant to be implemented elsewhere, since reading has to be able to stop at any byte and to go on later.
 */
export interface MusSerializer<in Input, out Output = Input> {
  /** The name in messages: `varint.int`. */
  readonly name: string;
  /** The fewest bytes that a value takes. */
  readonly minBytes: number;
  /** Appends a value. */
  readonly write: (value: Input, writer: MusWriter) => void;
  /** Reads a value. */
  readonly read: (reader: MusReader) => Output;
}

/** Any serializer. */
export type AnyMusSerializer = MusSerializer<never, unknown>;

/** The values that a serializer takes. */
export type MusInput<S> = S extends MusSerializer<infer Input, unknown> ? Input : never;

/** The values that a serializer gives. */
export type MusOutput<S> = S extends MusSerializer<never, infer Output> ? Output : never;

/** Whether `value` is a serializer. */
export function isMusSerializer(value: unknown): value is AnyMusSerializer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'write' in value &&
    typeof value.write === 'function' &&
    'read' in value &&
    typeof value.read === 'function' &&
    'minBytes' in value
  );
}

/** Makes a serializer of its parts. */
export function serializer<Input, Output = Input>(
  name: string,
  minBytes: number,
  write: (value: Input, writer: MusWriter) => void,
  read: (reader: MusReader) => Output,
): MusSerializer<Input, Output> {
  return Object.freeze({ name, minBytes, write, read });
}

/**
 * Refuses elements that may take no bytes: a few bytes could announce any number of them.
 * @throws CmdStreamError `invalid-argument`
 */
export function checkElement(of: string, element: AnyMusSerializer): void {
  if (element.minBytes > 0) return;
  throw new CmdStreamError('invalid-argument', `${of} takes no elements without any bytes, as ${element.name} has`);
}
