import { oneOf, optionNames } from '../options/check.ts';
import type { Codec } from './codec.ts';
import { parseExactly } from './json-reader.ts';
import { JsonWriter } from './json-writer.ts';
import { lengthPrefixedTrusted } from './length-prefixed.ts';
import { tooLong, Unsendable } from './sendable.ts';
import { readText } from './utf8.ts';

/** Options of {@link json}. */
export interface JsonOptions {
  /**
   * What becomes of whole numbers beyond ±(2^53 - 1) that arrive, as Go's `int64` and `uint64` may be.
   * `number` (default): they are rounded, as `JSON.parse` does it.
   * `bigint`: they arrive exactly, as a `bigint` of up to 1000 digits; all other numbers stay numbers. JSON does not tell
   * an `int64` from a `float64` without a fraction: a large one of these becomes a `bigint` too. A payload takes about a
   * fifth longer to read, and four times as long where such a number is in it.
   */
  readonly int64?: 'number' | 'bigint' | undefined;
}

/**
 * JSON payloads, compatible with codec-json of Go.
 *
 * | JavaScript | JSON | arrives as |
 * |---|---|---|
 * | `null`, `undefined` | `null` (a field that is `undefined` is left out) | `null` |
 * | number | number | the same |
 * | `bigint` | number, exact | see {@link JsonOptions.int64} |
 * | `string` | string | the same |
 * | `Uint8Array`, `Buffer` | base64 (Go's `[]byte`) | `string` |
 * | `Date` | RFC 3339 (Go's `time.Time`) | `string` |
 * | array, object | array, object | the same |
 * | object with `toJSON` | what that returns | |
 *
 * Everything else (`NaN`, `Infinity`, `Map`, `Set`, functions, ...) is refused when it is sent, rather than arriving as
 * something else: `encode-failed`, with the way to the value in its message.
 *
 * @throws CmdStreamError `invalid-argument` for an option that does not exist or is not acceptable.
 */
export function json(options: JsonOptions = {}): Codec {
  optionNames('the options of json()', options, ['int64']);
  const parse = oneOf('int64', options.int64, 'number', ['number', 'bigint']) === 'bigint' ? parseExactly : JSON.parse;
  return lengthPrefixedTrusted('json', ({ maxPayloadBytes }) => {
    const jsonWriter = new JsonWriter(maxPayloadBytes);
    return {
      write(value, writer) {
        const text = jsonWriter.write(value);
        // A text has at least as many bytes as characters: one that is too long needs no memory first.
        if (text.length > maxPayloadBytes) throw Unsendable.toError(tooLong(maxPayloadBytes));
        writer.writeUtf8(text);
      },
      read: (buffer, start, end) => parse(readText(buffer, start, end)),
    };
  });
}
