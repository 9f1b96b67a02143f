import { show } from '../../../base/options/check.ts';
import { Unsendable } from '../sendable.ts';
import { protocolError } from './errors.ts';
import { map, record } from './map.ts';
import { ptr } from './ptr.ts';
import { serializer } from './serializer.ts';
import { slice } from './slice.ts';
import { byteSlice, string } from './text.ts';

/**
 * Serializers of what is made of other than numbers: package `ord` of mus-stream-go, under its names.
 *
 * | | Go | JavaScript |
 * |---|---|---|
 * | `bool` | `bool` | `boolean` |
 * | `string` | `string` | `string`; what arrives and is not valid UTF-8 is refused |
 * | `byteSlice` | `[]byte` | `Uint8Array` |
 * | `ptr(of)` | `*T` | the value, or `null` (takes `undefined` too) for nil |
 * | `slice(of)` | `[]T`; also the array `[n]T` | array; nil and empty are one |
 * | `map(key, value)` | `map[K]V` | `Map` |
 * | `record(value)` | `map[string]V` | object |
 *
 * All but `bool` and `ptr` have `maxLength(length)`: `ord.string.maxLength(100)`.
 */
export const ord = Object.freeze({
  bool: serializer<boolean>(
    'ord.bool',
    1,
    (value, writer) => {
      if (typeof value !== 'boolean') throw new Unsendable(`is ${show(value)}, not a boolean`);
      writer.bytes.writeByte(value ? 1 : 0);
    },
    (reader) => {
      const byte = reader.readByte();
      // Most likely the two sides have different fields: what follows is no more to be trusted than this.
      if (byte > 1) throw protocolError(`a boolean is ${byte}, neither 0 nor 1`);
      return byte === 1;
    },
  ),
  string,
  byteSlice,
  ptr,
  slice,
  map,
  record,
});
