import { oneOf, optionNames } from '../../../base/options/check.ts';
import type { Codec } from '../codec.ts';
import { lengthPrefixedTrusted } from '../length-prefixed.ts';
import { hasProtoField, maxWeightBytes, protoField } from '../refused-payload.ts';
import { MAX_PAYLOAD_DEPTH, tooLong, Unsendable } from '../sendable.ts';
import { readText } from '../utf8.ts';
import { parseExactly } from './json-reader.ts';
import { MAX_WEIGHT_PER_BYTE, scanJson, weighJsonValue } from './json-scan.ts';
import { JsonWriter } from './json-writer.ts';

/** A shorter text cannot be nested too deeply, and what it takes in memory is not worth the look. */
const MIN_WEIGHED_LENGTH = 2 * (MAX_PAYLOAD_DEPTH + 1);
/** The shortest text with such a field is `{"__proto__":1}`. */
const MIN_PROTO_LENGTH = 15;

/** Options of {@link json}. */
export interface JsonOptions {
  /**
   * The form of whole numbers beyond ±(2^53 - 1) that arrive, as Go's `int64` and `uint64` may be.
   * `number` (default): they are rounded, as `JSON.parse` does it; a `bigint` of that size is refused when it is sent.
   * `bigint`: such a `bigint` is sent, and they arrive exactly, as a `bigint` of up to 1000 digits; all other numbers stay
   * numbers. JSON does not tell an `int64` from a `float64` without a fraction: a large one of these becomes a `bigint` too.
   * A payload takes about a fifth longer to read, and four times as long where such a number is in it.
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
 * | `bigint` | number, exact | the same as a number; beyond ±(2^53 - 1) see {@link JsonOptions.int64} |
 * | `string` | string | the same |
 * | `Uint8Array`, `Buffer` | base64 (Go's `[]byte`) | `string` |
 * | `Date` | RFC 3339 (Go's `time.Time`) | `string` |
 * | array, object | array, object | the same |
 * | object with `toJSON` | what that returns | |
 *
 * Everything else (`NaN`, `Infinity`, `Map`, `Set`, functions, fields named `__proto__`, a `bigint` that would be rounded,
 * ...) is refused when it is sent, rather than arriving as something else: `encode-failed`, with the way to the value in its
 * message. What arrives may be nested as deep as what is sent (512 levels) and take 16 times `maxFrameBytes` of memory; a
 * field named `__proto__` is refused. All of it, with examples: `docs/codecs.md`.
 *
 * @throws CmdStreamError `invalid-argument` for an option that does not exist or is not acceptable.
 */
export function json(options: JsonOptions = {}): Codec {
  optionNames('the options of json()', options, ['int64']);
  const exact = oneOf('int64', options.int64, 'number', ['number', 'bigint']) === 'bigint';
  const parse: (text: string) => unknown = exact ? parseExactly : JSON.parse;
  return lengthPrefixedTrusted('json', ({ maxPayloadBytes }) => {
    const alwaysLight = maxWeightBytes(maxPayloadBytes) / MAX_WEIGHT_PER_BYTE;
    const jsonWriter = new JsonWriter(maxPayloadBytes, exact);
    return {
      write(value, writer) {
        const text = jsonWriter.write(value);
        // A text has at least as many bytes as characters: one that is too long needs no memory first.
        if (text.length > maxPayloadBytes) throw Unsendable.toError(tooLong(maxPayloadBytes));
        writer.writeUtf8(text);
      },
      // What cannot be over the limit is weighed once it has been read, which takes less time.
      weigh: (buffer, start, end) => (end - start <= alwaysLight ? 0 : scanJson(buffer, start, end)),
      read(buffer, start, end, _type, message) {
        const text = readText(buffer, start, end);
        const value = parse(text);
        if (text.length >= MIN_WEIGHED_LENGTH) message.weight = weighJsonValue(value);
        if (text.length >= MIN_PROTO_LENGTH && maySayProto(text) && hasProtoField(value)) throw protoField();
        return value;
      },
    };
  });
}

/** Whether a name in a JSON text may be `__proto__`. It may be escaped: each of its characters is below 0x80. */
function maySayProto(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u00');
}
