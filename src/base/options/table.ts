import { durationMs, flag, oneOf, optionNames, share, wholeNumber } from './check.ts';

/**
 * A set of options, one line for each: checks and completes what was given for it (`undefined`: nothing), where `field` is
 * what messages call it and `all` what else was given. Names, order of the checks and types of the complete set follow.
 */
export type OptionTable<Options> = {
  readonly [Name in keyof Options]-?: (field: string, value: Options[Name], all: Options) => unknown;
};

/** The complete set of options that the lines of a table make. */
export type Resolved<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends (...given: never[]) => infer Value ? Value : never;
};

/**
 * Completes and checks a set of options.
 *
 * @param where - what they are the options of, in messages.
 * @param within - the option that they are part of; none where they stand for themselves.
 * @throws CmdStreamError `invalid-argument`, naming the option, what it accepts, what it got and what to do.
 */
export function resolveOptions<Options extends object, Table extends OptionTable<Options>>(
  where: string,
  options: Options,
  table: Table,
  within?: string,
): Resolved<Table> {
  optionNames(where, options, Object.keys(table));
  const lines: [name: string, complete: Line<Options>][] = Object.entries(table);
  const nameOf = (name: string) => (within === undefined ? name : `${within}.${name}`);
  // An object that is filled by names that vary would be slow to read for good.
  const resolved = Object.fromEntries(
    lines.map(([name, complete]) => [name, complete(nameOf(name), Reflect.get(options, name), options)]),
  );
  return Object.freeze(resolved) as Resolved<Table>;
}

type Line<Options> = (field: string, value: unknown, all: Options) => unknown;

// ---- lines

/** So many bytes. */
export const MEBIBYTE = 1024 * 1024;

/** A whole number within bounds, see {@link wholeNumber}. */
export const count = (fallback: number, bounds?: { min?: number; max?: number }) => (field: string, value: unknown) =>
  wholeNumber(field, value, fallback, bounds);

/** A duration within bounds, see {@link durationMs}. */
export const duration =
  (fallbackMs: number, bounds?: { minMs?: number; infinite?: boolean }) => (field: string, value: unknown) =>
    durationMs(field, value, fallbackMs, bounds);

/** `true` or `false`. */
export const onOff = (fallback: boolean) => (field: string, value: unknown) => flag(field, value, fallback);

/** A number within `(0, 1]`. */
export const part = (fallback: number) => (field: string, value: unknown) => share(field, value, fallback);

/** One of a closed set of strings. */
export const among =
  <const T extends string>(fallback: T, accepted: readonly T[]) =>
  (field: string, value: unknown) =>
    oneOf(field, value, fallback, accepted);
