import { Packr, RESET_BUFFER_MODE, REUSE_BUFFER_MODE, Unpackr } from 'msgpackr';
import type { Codec } from './codec.ts';
import { lengthPrefixed } from './length-prefixed.ts';

/**
 * MessagePack payloads, the default: plain maps that any MessagePack library reads, no msgpackr extensions. Whole
 * numbers beyond 2^53 - 1 arrive as `bigint` and are sent from `bigint`; `Uint8Array` is binary, `Date` the standard
 * timestamp, `undefined` is nil.
 */
export function msgpack(): Codec {
  return lengthPrefixed('msgpack', () => {
    const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: true, variableMapSize: true });
    // 'auto' is implemented by msgpackr (numbers where they are exact, else bigint) but missing in its types.
    const unpackr = new Unpackr({ useRecords: false, copyBuffers: true, int64AsType: 'auto' as 'bigint' });
    const range = { start: 0, end: 0 };
    return {
      write(value, writer) {
        const packed = packr.pack(value, REUSE_BUFFER_MODE | RESET_BUFFER_MODE) as Buffer & {
          start: number;
          end: number;
        };
        writer.writeBytes(packed, packed.start, packed.end);
      },
      read(buffer, start, end) {
        // msgpackr takes an end of 0 for "not given"; an empty payload is no MessagePack value.
        if (start === end) throw new Error('empty payload');
        range.start = start;
        range.end = end;
        return unpackr.unpack(buffer, range);
      },
    };
  });
}
