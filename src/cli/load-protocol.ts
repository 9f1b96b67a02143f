import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasMethods } from '../base/errors/ask.ts';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import type { Codec } from '../index.ts';
import { type AnyProtocol, defineProtocol, protocolTables } from '../protocol/protocol.ts';
import { UsageError } from './usage-error.ts';

/** A module of the user's, in which a protocol is. */
export interface LoadedModule {
  /** The protocol that it exports: the only one, or the one of this name. @throws UsageError */
  protocol(exportName: string | undefined): AnyProtocol;
  /** The codec that it exports by this name. @throws UsageError */
  codec(exportName: string): Codec;
}

/** Loads a module. @throws UsageError */
export async function loadModule(file: string): Promise<LoadedModule> {
  const module = await importModule(file);
  return {
    protocol: (exportName) => protocolIn(module, file, exportName),
    codec: (exportName) => codecIn(module, file, exportName),
  };
}

function codecIn(module: Record<string, unknown>, file: string, exportName: string): Codec {
  const codec = module[exportName];
  if (hasMethods(codec, ['bind'])) return codec as Codec;
  throw new UsageError(
    `--codec must be msgpack, json, or the name of a codec that ${file} exports; got '${exportName}'`,
  );
}

function protocolIn(module: Record<string, unknown>, file: string, exportName: string | undefined): AnyProtocol {
  const protocols = Object.entries(module).filter((entry): entry is [string, AnyProtocol] => isProtocol(entry[1]));
  if (exportName !== undefined) {
    const named = protocols.find(([name]) => name === exportName);
    if (named !== undefined) return adopt(named[1]);
    throw new UsageError(`${file} exports no protocol '${exportName}'; it exports ${listOf(protocols)}`);
  }
  const [first, second] = protocols;
  if (first === undefined) throw new UsageError(`${file} exports no protocol made by defineProtocol()`);
  if (second !== undefined) throw new UsageError(`${file} exports ${listOf(protocols)}: say which with --export NAME`);
  return adopt(first[1]);
}

/**
 * The same protocol, made by this copy of the library. The module may have got another one: of the project that it
 * stands in, or its own instance by way of `tsx`; that copy's Commands are not this copy's.
 */
function adopt(protocol: AnyProtocol): AnyProtocol {
  const { results, commands } = protocol[protocolTables];
  return defineProtocol({ results, commands });
}

function isProtocol(value: unknown): value is AnyProtocol {
  return typeof value === 'object' && value !== null && protocolTables in value;
}

function listOf(protocols: readonly (readonly [string, AnyProtocol])[]): string {
  return protocols.length === 0 ? 'none' : protocols.map(([name]) => name).join(', ');
}

/** Imports a module; TypeScript by Node itself where it can (22.18 or later), else by `tsx` where that is installed. */
async function importModule(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(resolve(file)).href;
  try {
    return await import(url);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw unloadable(file, error);
  }
  const tsImport = await loadTsx(file);
  try {
    return await tsImport(url, import.meta.url);
  } catch (error) {
    throw unloadable(file, error);
  }
}

async function loadTsx(file: string): Promise<typeof import('tsx/esm/api')['tsImport']> {
  try {
    return (await import('tsx/esm/api')).tsImport;
  } catch {
    const hint = 'install tsx beside cmd-stream, or use Node 22.18 or later';
    throw new UsageError(`cannot load ${file}: this Node cannot load TypeScript itself; ${hint}`);
  }
}

function unloadable(file: string, error: unknown): UsageError {
  return new UsageError(`cannot load ${file}: ${describeError(error)}`);
}
