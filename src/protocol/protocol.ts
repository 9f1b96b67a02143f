import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { invalidOption, optionNames, show } from '../base/options/check.ts';
import { Command, type SingleCommand, type StreamCommand } from './command.ts';
import type { CommandDefinition, ResultDefinition } from './definitions.ts';
import { FIRST_RESERVED_TYPE } from './reserved.ts';

/** The Result types of a protocol by name; the order of the keys is the type number on the wire. */
export type Results = Record<string, ResultDefinition<never, unknown>>;

/** The Command types of a protocol by name; the order of the keys is the type number on the wire. */
export type Commands<R extends Results> = Record<string, CommandDefinition<never, unknown, keyof R & string>>;

/** The payload as the handler of a Command gets it. */
export type PayloadOf<C> = C extends CommandDefinition<never, infer Output, string> ? Output : never;

/** The payload as the maker of a Command gives it. */
export type InputOf<C> = C extends CommandDefinition<infer Input, unknown, string> ? Input : never;

/** The names of the Results that may answer a Command. */
export type ResultNamesOf<C> = C extends CommandDefinition<never, unknown, infer Names> ? Names : never;

/** The value of a Result type as the client gets it. */
export type ResultOutput<R> = R extends ResultDefinition<never, infer Output> ? Output : never;

/** The value of a Result type as the server gives it. */
export type ResultInput<R> = R extends ResultDefinition<infer Input, unknown> ? Input : never;

/** Whether other Results may follow on one of the type. */
type IsSeveral<R> = R extends ResultDefinition<never, unknown, infer Several> ? Several : never;

type IsUnion<T, Whole = T> = [T] extends [never]
  ? false
  : T extends Whole
    ? [Whole] extends [T]
      ? false
      : true
    : false;

/** A Result with the name of its type: what a Command with several Result types is answered by. */
export interface TaggedResult<Name extends string, Value> {
  readonly type: Name;
  readonly value: Value;
}

/** The value that `send` resolves to: the bare value where one Result type is declared, a tagged union where there are several. */
export type SendValue<R extends Results, Names extends string> =
  IsUnion<Names> extends true ? { [N in Names]: TaggedResult<N, ResultOutput<R[N]>> }[Names] : ResultOutput<R[Names]>;

/** The value that a handler returns or yields: the bare value where one Result type is declared, else the tagged union. */
export type HandlerValue<R extends Results, Names extends string> =
  IsUnion<Names> extends true ? { [N in Names]: TaggedResult<N, ResultInput<R[N]>> }[Names] : ResultInput<R[Names]>;

/** A Command that is answered by Results of these names: one that may have several is for `sendMulti`. */
export type MadeCommand<R extends Results, Name extends string, Input, Names extends string> =
  IsSeveral<R[Names]> extends false
    ? Command<Name, SendValue<R, Names>, Input>
    : StreamCommand<Name, SendValue<R, Names>, Input>;

/** Makes a Command of one type; takes no argument where the payload is `void`, and need not where it may be `undefined`. */
export type CommandMaker<Input, Made> = undefined extends Input ? (payload?: Input) => Made : (payload: Input) => Made;

/** The key under which a protocol keeps its tables; the same in every copy of the library that a process loads. */
export const protocolTables: unique symbol = Symbol.for('cmd-stream.protocol');

/** A protocol: one maker for each Command type, shared by both sides. */
export type Protocol<R extends Results, C extends Commands<Results>> = {
  readonly [Name in keyof C & string]: CommandMaker<
    InputOf<C[Name]>,
    MadeCommand<R, Name, InputOf<C[Name]>, ResultNamesOf<C[Name]>>
  >;
} & { readonly [protocolTables]: ProtocolTables<R, C> };

/** Any protocol; for code that works with every one. */
export interface AnyProtocol {
  readonly [protocolTables]: ProtocolTables<Results, Commands<Results>>;
}

/** The Result types of a protocol. */
export type ResultsOf<P extends AnyProtocol> = P extends {
  readonly [protocolTables]: ProtocolTables<infer R, infer _C>;
}
  ? R
  : never;

/** The Command types of a protocol. */
export type CommandsOf<P extends AnyProtocol> = P extends {
  readonly [protocolTables]: ProtocolTables<infer _R, infer C>;
}
  ? C
  : never;

/** The names of the Command types of a protocol. */
export type CommandNameOf<P extends AnyProtocol> = keyof CommandsOf<P> & string;

/** Value that the Command of this name is answered by, as the client gets it; of several names any of theirs. */
export type ValueOf<P extends AnyProtocol, Name extends CommandNameOf<P>> = Name extends unknown
  ? SendValue<ResultsOf<P>, ResultNamesOf<CommandsOf<P>[Name]>>
  : never;

/** Payload that the Command of this name is made of; anything where the protocol is any. */
type GivenFor<P extends AnyProtocol, Name extends CommandNameOf<P>> = [InputOf<CommandsOf<P>[Name]>] extends [never]
  ? unknown
  : InputOf<CommandsOf<P>[Name]>;

/** A Command of the protocol, by its name; by default any of them. */
export type CommandOf<P extends AnyProtocol, Name extends CommandNameOf<P> = CommandNameOf<P>> = Command<
  Name,
  ValueOf<P, Name>,
  GivenFor<P, Name>
>;

/** A Command of the protocol that is answered by one Result, by its name: what `send` takes. */
export type SingleCommandOf<P extends AnyProtocol, Name extends CommandNameOf<P> = CommandNameOf<P>> = SingleCommand<
  Name,
  ValueOf<P, Name>,
  GivenFor<P, Name>
>;

/** One Command type, by its type number. */
export interface CommandEntry {
  readonly name: string;
  readonly type: number;
  readonly definition: CommandDefinition<never, unknown, string>;
  /** Whether it is answered by a tagged union. */
  readonly tagged: boolean;
  /** The type numbers of its Results. */
  readonly resultTypes: readonly number[];
}

/** One Result type, by its type number. */
export interface ResultEntry {
  readonly name: string;
  readonly type: number;
  readonly definition: ResultDefinition<never, unknown>;
  /** Whether a value is the last one of its Command. */
  readonly lastOne: (value: unknown) => boolean;
}

/** The tables of a protocol, as the library uses them. */
export interface ProtocolTables<R, C> {
  /** Its name, where it has one; a protocol of an older copy of the library has not even the field. */
  readonly name?: string | undefined;
  readonly results: R;
  readonly commands: C;
  readonly resultEntries: readonly ResultEntry[];
  readonly commandEntries: readonly CommandEntry[];
}

/**
 * Declares a protocol: what Commands there are, what they carry, and which Results answer them. Both sides import it.
 *
 * The order of the keys in `commands` and in `results` is the type number on the wire, as in the lists of Go's codecs:
 * append new types at the end, and keep the order.
 *
 * @example
 * ```ts
 * export const calc = defineProtocol({
 *   results: { Sum: result<number>() },
 *   commands: { Add: command<{ a: number; b: number }>().returns('Sum') },
 * });
 * calc.Add({ a: 2, b: 3 });
 * ```
 * @throws CmdStreamError `invalid-argument` for a Result name that is not declared, an empty list of Commands, names
 * that JavaScript would reorder (whole numbers), or a Command called `then`, which would make the protocol a promise.
 */
export function defineProtocol<R extends Results, C extends Commands<Results>>(definition: {
  /**
   * Its name for those who watch it, before the names of its Commands: `calc` in `calc/Add`. Letters, digits, `.`, `_` and `-`; it does
   * not go over the wire. Default: none.
   */
  readonly name?: string | undefined;
  readonly results: R;
  // Not as the bound of C: one misspelt Result name would then cost all Commands their types.
  readonly commands: C & { readonly [Name in keyof C]: CommandDefinition<never, unknown, keyof R & string> };
}): Protocol<R, C> {
  optionNames('the definition of a protocol', definition, ['name', 'results', 'commands']);
  const { results, commands } = definition;
  const resultEntries = entries('results', results, 'result').map(([name, entry], type) => ({
    name,
    type,
    definition: entry,
    lastOne: (entry.lastOne as ((value: unknown) => boolean) | undefined) ?? always,
  }));
  const typeOf = new Map(resultEntries.map(({ name, type }) => [name, type]));
  const commandEntries = entries('commands', commands, 'command').map(([name, entry], type) => ({
    name,
    type,
    definition: entry,
    tagged: entry.returns.length > 1,
    resultTypes: entry.returns.map((resultName) => resultType(typeOf, name, resultName)),
  }));
  const tables: ProtocolTables<R, C> = Object.freeze({
    name: protocolName(definition.name),
    results,
    commands,
    resultEntries,
    commandEntries,
  });
  const protocol: Record<string | symbol, unknown> = Object.create(null);
  for (const { name, type } of commandEntries) {
    protocol[name] = (payload: unknown) => new Command(name, type, payload, tables);
  }
  protocol[protocolTables] = tables;
  return Object.freeze(protocol) as Protocol<R, C>;
}

/** What those who watch see of a protocol. */
export function namesOf({ name, commandEntries }: ProtocolTables<unknown, unknown>): {
  readonly name: string | undefined;
  readonly commands: readonly string[];
} {
  return { name, commands: commandEntries.map((entry) => entry.name) };
}

const always = () => true;

const PROTOCOL_NAME = /^[\w.-]{1,100}$/;

function protocolName(name: unknown): string | undefined {
  if (name === undefined || (typeof name === 'string' && PROTOCOL_NAME.test(name))) return name;
  throw invalidOption('name', `1 to 100 letters, digits, '.', '_' and '-', such as 'calc'`, name);
}

function entries<T extends { readonly kind: string }>(
  where: 'results' | 'commands',
  map: Record<string, T>,
  kind: string,
): [string, T][] {
  const list = typeof map === 'object' && map !== null ? entriesOf(map) : [];
  if (list.length === 0) {
    throw new CmdStreamError('invalid-argument', `'${where}' must declare at least one type; got ${show(map)}`);
  }
  if (list.length > FIRST_RESERVED_TYPE) {
    const message = `'${where}' may declare at most ${FIRST_RESERVED_TYPE} types; got ${list.length}`;
    throw new CmdStreamError('invalid-argument', message);
  }
  for (const [name, entry] of list) {
    if (/^\d+$/.test(name)) {
      throw new CmdStreamError(
        'invalid-argument',
        `'${where}.${name}': a name may not be a whole number, since JavaScript would change its place in the order`,
      );
    }
    if (name === 'then' && where === 'commands') {
      throw new CmdStreamError(
        'invalid-argument',
        `'commands.then': a Command may not be called 'then', since JavaScript would take the protocol for a promise: ` +
          'to await it, or to return it from an async function, would never end',
      );
    }
    if (fieldOf(entry, 'kind') !== kind) {
      const hint = kind === 'command' ? `command<...>().returns('...')` : 'result<...>()';
      throw new CmdStreamError('invalid-argument', `'${where}.${name}' must be made by ${hint}; got ${show(entry)}`);
    }
  }
  return list;
}

/** None of what cannot be asked. */
function entriesOf<T>(map: Record<string, T>): [string, T][] {
  try {
    return Object.entries(map);
  } catch {
    return [];
  }
}

function resultType(typeOf: ReadonlyMap<string, number>, commandName: string, resultName: string): number {
  const type = typeOf.get(resultName);
  if (type !== undefined) return type;
  throw new CmdStreamError(
    'invalid-argument',
    `'commands.${commandName}' returns '${resultName}', which is no Result of the protocol; there are ${[...typeOf.keys()].join(', ')}`,
  );
}
