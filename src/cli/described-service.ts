import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { printable } from '../base/errors/printable.ts';
import { nearest } from '../base/options/near-name.ts';
import { bindCodec } from '../protocol/codec/bind.ts';
import type { Welcome } from '../wire/extension/introduction.ts';
import { codecNamed, isCodecName } from './codec-option.ts';
import { type DirectConnection, MAX_FRAME_BYTES } from './direct-connection.ts';
import { UsageError } from './usage-error.ts';

/** Command of a server, as that describes it. */
export interface DescribedCommand {
  readonly name: string;
  readonly type: number;
  /** Names of the Results that may answer it; `undefined`: the server does not tell. */
  readonly returns: readonly string[] | undefined;
  /** Whether several Results may answer it; `undefined`: the server does not tell. */
  readonly several: boolean | undefined;
  /** JSON Schema of its payload; `undefined`: there is none. */
  readonly schema: unknown;
}

/** The Commands of a server, as that describes them. */
export function commandsOf({ commands, results, returns, several, schemas }: Welcome): readonly DescribedCommand[] {
  return commands.map((name, type) => {
    const types = returns[type];
    const isKnown = types !== undefined && types.length > 0 && types.every((result) => result < results.length);
    return {
      name,
      type,
      returns: isKnown ? types.map((result) => results[result] as string) : undefined,
      several: isKnown ? types.some((result) => several.includes(result)) : undefined,
      schema: Object.hasOwn(schemas, name) ? schemas[name] : undefined,
    };
  });
}

/**
 * The Command of this name at a server.
 * @throws UsageError where it has none; CmdStreamError `server-info-mismatch` where it cannot be asked what it has.
 */
export function commandNamed({ address, welcome }: DirectConnection, name: string): DescribedCommand {
  if (welcome === undefined) {
    const what = `${address} does not tell what it has (a Go server, or one with goClients): name its protocol by --protocol FILE`;
    throw new CmdStreamError('server-info-mismatch', what);
  }
  const commands = commandsOf(welcome);
  const found = commands.find((command) => command.name === printable(name));
  if (found !== undefined) return found;
  if (commands.length === 0) {
    const what = `${address} has too many Commands to tell their names: name its protocol by --protocol FILE`;
    throw new CmdStreamError('server-info-mismatch', what);
  }
  throw unknownCommand(
    address,
    name,
    commands.map((command) => command.name),
  );
}

/** The error for a Command that there is not: the nearest name comes first in it. */
export function unknownCommand(owner: string, name: string, names: readonly string[]): UsageError {
  const near = nearest(name, names);
  const listed = near === undefined ? names : [near, ...names.filter((other) => other !== near)];
  return new UsageError(`${owner} has no Command '${name}'; it has ${listed.join(', ')}`);
}

/**
 * Speaks the codec of the server from now on.
 * @param wanted - the codec that was asked for; `undefined`: none was.
 * @throws CmdStreamError `server-info-mismatch` where it is another one, or one that needs more than its name.
 */
export function speakCodec(connection: DirectConnection, welcome: Welcome, wanted: string | undefined): void {
  const { address } = connection;
  const name = welcome.codec === '' ? wanted : welcome.codec;
  if (name === undefined || (wanted !== undefined && wanted !== name)) {
    const what =
      name === undefined
        ? 'does not tell its codec: name it by --codec'
        : `is another service: its codec is ${name}, --codec is ${wanted}`;
    throw new CmdStreamError('server-info-mismatch', `${address} ${what}`);
  }
  if (!isCodecName(name)) {
    const what = `speaks ${name}, which takes more than the names of Commands: --protocol FILE --codec EXPORT names the module with the codec`;
    throw new CmdStreamError('server-info-mismatch', `${address} ${what}`);
  }
  const types = { commandEntries: welcome.commands.map(named), resultEntries: welcome.results.map(named) };
  const { commands, results } = bindCodec(codecNamed(name), types, MAX_FRAME_BYTES);
  connection.speak(commands, results);
}

function named(name: string): { readonly name: string } {
  return { name };
}
