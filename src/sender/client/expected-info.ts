import { listOf } from '../../base/errors/ask.ts';
import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { printable } from '../../base/errors/printable.ts';
import { show } from '../../base/options/check.ts';
import { tookPromise } from '../../base/thenable.ts';
import { EXTENSION } from '../../wire/extension/introduction.ts';
import { parseServerInfo, resolveServerInfo } from '../../wire/server-info.ts';

/** Which ServerInfos a client takes. */
export interface ExpectedInfo {
  /** Those that are known beforehand. */
  readonly texts: readonly string[];
  /** Throws `server-info-mismatch` where `received`, with whatever extensions, is none of them. */
  check(address: string, received: string): void;
}

/** Checks the option `serverInfo` of a client: a text, several of them, or a function that decides. */
export function resolveExpectedInfo(value: unknown): ExpectedInfo {
  if (typeof value === 'function') return decidedBy(value as (info: string) => unknown);
  const list = listOf(value);
  if (list === undefined) return oneOf([resolveServerInfo(value)]);
  if (list.length > 0) return oneOf(list.map((text) => resolveServerInfo(text ?? null)));
  const accepted = 'a text, a list of at least one, or a function (info) => boolean';
  throw new CmdStreamError('invalid-argument', `option 'serverInfo' must be ${accepted}; got ${show(value)}`);
}

function oneOf(texts: readonly string[]): ExpectedInfo {
  const expected = texts.map((text) => `'${printable(text)}'`).join(' or ');
  return {
    texts: Object.freeze(texts),
    check(address, received) {
      if (texts.includes(parseServerInfo(received).name)) return;
      throw mismatch(address, received, `expected ${expected} (option 'serverInfo')`);
    },
  };
}

function decidedBy(accepts: (info: string) => unknown): ExpectedInfo {
  return {
    texts: [],
    check(address, received) {
      let answer: unknown;
      try {
        answer = accepts(parseServerInfo(received).name);
      } catch (cause) {
        const why = `the option 'serverInfo', a function, failed: ${describeError(cause)}`;
        throw mismatch(address, received, why, cause);
      }
      if (answer === true) return;
      throw mismatch(address, received, `the option 'serverInfo', a function, ${describeRefusal(answer)}`);
    },
  };
}

/** A promise would be taken for a yes. */
function describeRefusal(answer: unknown): string {
  if (answer === false) return 'refuses it';
  return `must give true or false; got ${tookPromise(answer) ? 'a promise' : show(answer)}`;
}

function mismatch(address: string, received: string, why: string, cause?: unknown): CmdStreamError {
  const { name, extensions } = parseServerInfo(received);
  // What the library offers behind the name is no part of what the option takes.
  const shown = extensions.every((extension) => extension === EXTENSION) ? name : received;
  const message = `${address} introduced itself as '${printable(shown)}'; ${why}`;
  return new CmdStreamError('server-info-mismatch', message, cause === undefined ? {} : { cause });
}
