import type { Codec } from './codec.ts';
import { lengthPrefixed } from './length-prefixed.ts';
import { MessagePackReader } from './msgpack-reader.ts';
import { MessagePackWriter } from './msgpack-writer.ts';

/**
 * MessagePack payloads, the default: plain MessagePack that every library of it reads and writes.
 *
 * | JavaScript | MessagePack | arrives as |
 * |---|---|---|
 * | `null`, `undefined` | nil (a field that is `undefined` is left out) | `null` |
 * | whole number, `bigint` up to 64 bits | int, the shortest form | `number`, beyond ±(2^53 - 1) `bigint` |
 * | other number, also `NaN`, `Infinity`, `-0` | float 64 | the same |
 * | `string` | str | the same |
 * | `Uint8Array`, `Buffer` | bin | `Uint8Array` |
 * | `Date` | timestamp | `Date`, to the millisecond |
 * | array, object | array, map with str keys | the same; whole numbers as keys of a map become strings |
 * | object with `toJSON` | what that returns | |
 *
 * Everything else (`Map`, `Set`, functions, `bigint` of more than 64 bits, half of a surrogate pair, ...) is refused when
 * it is sent, rather than arriving as something else: `encode-failed`, with the way to the value in its message.
 */
export function msgpack(): Codec {
  return lengthPrefixed('msgpack', ({ maxPayloadBytes }) => {
    const writer = new MessagePackWriter(maxPayloadBytes);
    const reader = new MessagePackReader();
    return {
      write: (value, target) => writer.write(value, target),
      read: (buffer, start, end) => reader.read(buffer, start, end),
    };
  });
}
