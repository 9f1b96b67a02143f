import { isList } from '../../base/errors/ask.ts';
import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { printable } from '../../base/errors/printable.ts';
import { show } from '../../base/options/check.ts';
import { tookPromise } from '../../base/thenable.ts';
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
  if (!isList(value)) return oneOf([resolveServerInfo(value)]);
  if (value.length > 0) return oneOf(value.map((text: unknown) => resolveServerInfo(text ?? null)));
  const accepted = 'a text, a list of at least one, or a function (info) => boolean';
  throw new CmdStreamError('invalid-argument', `option 'serverInfo' must be ${accepted}; got ${show(value)}`);
}

function oneOf(texts: readonly string[]): ExpectedInfo {
  const expected = texts.map((text) => `'${text}'`).join(' or ');
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
      // A promise would be taken for a yes, or reject with nobody to see.
      tookPromise(answer);
      const got = answer === false ? 'refuses it' : `must give true or false; got ${show(answer)}`;
      throw mismatch(address, received, `the option 'serverInfo', a function, ${got}`);
    },
  };
}

function mismatch(address: string, received: string, why: string, cause?: unknown): CmdStreamError {
  const message = `${address} introduced itself as '${printable(received)}'; ${why}`;
  return new CmdStreamError('server-info-mismatch', message, cause === undefined ? {} : { cause });
}
