import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import { UsageError } from './usage-error.ts';

/**
 * The payload that an argument gives: JSON, `@FILE` with JSON in it, `-` for JSON from standard input; none without an argument.
 * @throws UsageError
 */
export async function readPayload(argument: string | undefined): Promise<unknown> {
  if (argument === undefined) return undefined;
  if (argument === '-') return parse(await text(process.stdin), 'of standard input');
  if (argument.startsWith('@')) return parse(await read(argument.slice(1)), `in ${argument.slice(1)}`);
  return parse(argument, undefined);
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the payload must be in a file that can be read: ${describeError(error)}`);
  }
}

/** @param where - where it comes from, if not from the command line. */
function parse(json: string, where: string | undefined): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    const why = where === undefined ? `got ${json}` : describeError(error);
    throw new UsageError(`the payload${where === undefined ? '' : ` ${where}`} must be JSON; ${why}`);
  }
}
