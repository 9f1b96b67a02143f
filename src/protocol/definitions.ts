import type { StandardSchemaV1 } from '@standard-schema/spec';
import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { invalidOption, optionNames, show } from '../base/options/check.ts';

/** The key of what is there for types only. */
declare const types: unique symbol;

/** Any Standard Schema validator (zod, valibot, arktype, ...), with its input and output type. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/**
 * One Result type of a protocol. `Input` is what the server's handler gives, `Output` what the client gets: they differ
 * only where a schema transforms. `Several` says whether others may follow on one.
 */
export interface ResultDefinition<in Input, out Output, out Several extends boolean = boolean> {
  readonly kind: 'result';
  /** The validator that the client applies to what arrives; none for a trusted type. */
  readonly schema: Schema | undefined;
  /** Whether a Result is the last one of its Command; none: every Result of this type is. */
  readonly lastOne: ((value: never) => boolean) | undefined;
  readonly [types]?:
    | { readonly input: (value: Input) => void; readonly output: Output; readonly several: Several }
    | undefined;
}

/** A Result type without `lastOne`: each is the last of its Command. */
export type OneResult<Input, Output> = ResultDefinition<Input, Output, false>;

/** A Result type with `lastOne`: others may follow. */
export type SeveralResults<Input, Output> = ResultDefinition<Input, Output, true>;

/** Options of {@link result}. */
export interface ResultOptions<Output> {
  /**
   * Tells whether a Result is the last one of its Command: the wire has no end marker, the value says it itself. Must
   * give the same answer on both sides. Default: every Result is the last.
   */
  readonly lastOne?: ((value: Output) => boolean) | undefined;
}

/** One Command type of a protocol. */
export interface CommandDefinition<in Input, out Output, out ResultName extends string> {
  readonly kind: 'command';
  /** The validator that the server applies to what arrives; none for a trusted type. */
  readonly schema: Schema | undefined;
  /** Which Result types may answer it. */
  readonly returns: readonly ResultName[];
  readonly [types]?: { readonly input: (value: Input) => void; readonly output: Output } | undefined;
}

/** A Command type whose Results are still to be named. */
export interface CommandBuilder<Input, Output> {
  /** Names the Result types that may answer the Command: one, or several for a tagged union. */
  returns<const Names extends readonly [string, ...string[]]>(
    ...names: Names
  ): CommandDefinition<Input, Output, Names[number]>;
}

/**
 * Declares a Result type: by a TypeScript type (trusted, not checked at run time) or by a schema (checked on the client
 * when a Result arrives). Without either it carries nothing (`void`), as a Command does.
 *
 * @example
 * ```ts
 * result();
 * result<number>();
 * result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last });
 * result(z.object({ id: z.string() }));
 * ```
 */
export function result(): OneResult<void, void>; // Apart: the next one would infer never within defineProtocol.
export function result<Value>(options?: { readonly lastOne?: undefined }): OneResult<Value, Value>;
export function result<Value>(options: ResultOptions<Value>): SeveralResults<Value, Value>;
export function result<S extends Schema>(
  schema: S,
  options?: { readonly lastOne?: undefined },
): OneResult<StandardSchemaV1.InferInput<S>, StandardSchemaV1.InferOutput<S>>;
export function result<S extends Schema>(
  schema: S,
  options: ResultOptions<StandardSchemaV1.InferOutput<S>>,
): SeveralResults<StandardSchemaV1.InferInput<S>, StandardSchemaV1.InferOutput<S>>;
export function result(
  first?: Schema | ResultOptions<unknown>,
  second?: ResultOptions<unknown>,
): ResultDefinition<unknown, never, never> {
  const schema = isSchema(first) ? first : undefined;
  const given = schema === undefined ? first : second;
  const options = given === undefined ? {} : given;
  optionNames('the options of result()', options, ['lastOne']);
  const { lastOne } = options as ResultOptions<unknown>;
  if (lastOne !== undefined && typeof lastOne !== 'function') throw invalidOption('lastOne', 'a function', lastOne);
  return { kind: 'result', schema, lastOne };
}

/**
 * Declares a Command type: by a TypeScript type (trusted) or by a schema (checked on the server when a Command
 * arrives). Say next which Results answer it: `.returns('Sum')`.
 */
export function command<Payload = void>(): CommandBuilder<Payload, Payload>;
export function command<S extends Schema>(
  schema: S,
): CommandBuilder<StandardSchemaV1.InferInput<S>, StandardSchemaV1.InferOutput<S>>;
export function command(schema?: Schema): CommandBuilder<unknown, unknown> {
  if (schema !== undefined && !isSchema(schema)) {
    throw new CmdStreamError('invalid-argument', `command() takes a Standard Schema or nothing; got ${show(schema)}`);
  }
  return {
    returns(...names) {
      if (names.length === 0 || names.some((name) => typeof name !== 'string')) {
        throw new CmdStreamError('invalid-argument', 'returns() takes the name of at least one Result type');
      }
      if (new Set(names).size !== names.length) {
        throw new CmdStreamError('invalid-argument', `returns() names a Result type twice: ${names.join(', ')}`);
      }
      return { kind: 'command', schema, returns: names };
    },
  };
}

function isSchema(value: unknown): value is Schema {
  return typeof fieldOf(fieldOf(value, '~standard'), 'validate') === 'function';
}
