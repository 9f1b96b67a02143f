// Of its entry without the native extension, which its users would have to build.
import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE, Unpackr } from 'msgpackr/pack';
import { RangeCopy } from '../../../base/bytes/range-copy.ts';
import { optionNames } from '../../../base/options/check.ts';
import type { Codec } from '../codec.ts';
import { lengthPrefixedTrusted } from '../length-prefixed.ts';
import { PlainMaker } from './msgpack-plain.ts';
import { scanMessagePack } from './msgpack-scan.ts';
import { NOT_SHORT, readShort } from './short-reader.ts';
import { writeShort } from './short-writer.ts';

/** Where msgpackr has put the bytes: between `start` and `end` of memory that it uses again. */
type Packed = Buffer & { readonly start: number; readonly end: number };

/**
 * Payloads up to this length are copied to the front of a buffer of their own before they are unpacked: near a buffer's
 * front (and only there) msgpackr keeps the names of fields that it has seen, in place of making a text of each anew.
 * Measured with four fields and a text of 16 characters: 430 ns in place of 550; at 104 bytes it does not pay.
 */
const SHORT_BYTES = 80;

/**
 * MessagePack payloads by msgpackr, the default: plain MessagePack that every library of it reads and writes.
 *
 * | JavaScript | MessagePack | arrives as |
 * |---|---|---|
 * | `null`, `undefined` | nil (a field that is `undefined` is left out) | `null` |
 * | whole number, `bigint` up to 64 bits | int | `number`, beyond ±2^53 `bigint` |
 * | other number, also `NaN`, `Infinity` | float 64 | the same (`-0` as `0`) |
 * | `string` | str | the same |
 * | `Uint8Array`, `Buffer` | bin | `Buffer`, with memory of its own |
 * | `Date` | timestamp | `Date`, to the millisecond |
 * | array, object | array, map with str keys | the same |
 * | object with `toJSON` | what that returns | |
 *
 * Everything else (`Map`, `Set`, functions, `bigint` of more than 64 bits, half of a surrogate pair, fields named
 * `__proto__`, ...) is refused when it is sent, rather than arriving as something else: `encode-failed`, with the way to
 * the value in its message.
 *
 * Values that arrive may be nested as deep as those sent, and take 16 times `maxFrameBytes` of memory; msgpackr's own extensions
 * (records, pointers, `Set`, ...) are not read, and a field named `__proto__` is refused. With examples: `docs/codecs.md`.
 *
 * @throws CmdStreamError `invalid-argument` for an option: there are none.
 */
export function msgpack(): Codec;
export function msgpack(options: object = {}): Codec {
  optionNames('the options of msgpack()', options, []);
  return lengthPrefixedTrusted('msgpack', ({ maxPayloadBytes }) => {
    const plain = new PlainMaker(maxPayloadBytes);
    const packr = new Packr({
      useRecords: false,
      encodeUndefinedAsNil: true,
      variableMapSize: true,
      // PlainMaker has called it: what still has that name is a field.
      useToJSON: false,
    });
    // 'auto' (a number where that is exact, else a bigint) is implemented by msgpackr but missing in its types.
    const unpackr = new Unpackr({ useRecords: false, copyBuffers: true, int64AsType: 'auto' as 'bigint' });
    const range = { start: 0, end: 0 };
    const ranges = new RangeCopy();
    const front = Buffer.allocUnsafeSlow(SHORT_BYTES);
    /** The payload that was weighed last, where it has been read by that; held until it is asked for. */
    let short: unknown = NOT_SHORT;
    return {
      write(value, writer) {
        if (writeShort(value, writer)) return;
        const packed = packr.pack(plain.make(value), REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as Packed;
        writer.writeBytes(packed, packed.start, packed.end);
      },
      weigh(buffer, start, end) {
        short = readShort(buffer, start, end);
        return short === NOT_SHORT ? scanMessagePack(buffer, start, end) : 0;
      },
      read(buffer, start, end) {
        if (short !== NOT_SHORT) {
          const value = short;
          short = NOT_SHORT;
          return value;
        }
        const length = end - start;
        if (length > SHORT_BYTES) {
          range.start = start;
          range.end = end;
          return unpackr.unpack(buffer, range);
        }
        ranges.copy(buffer, start, length, front, 0);
        range.start = 0;
        range.end = length;
        return unpackr.unpack(front, range);
      },
    };
  });
}
