import { types } from 'node:util';
import { show } from '../../../base/options/check.ts';
import { Unsendable } from '../sendable.ts';
import { checkLength, type LimitedMusSerializer, limited } from './limited.ts';
import { serializer } from './serializer.ts';

/** A text: its length in bytes, and the bytes as UTF-8. */
export const string = limited((maxLength) =>
  serializer<string>(
    'ord.string',
    1,
    (value, writer) => {
      if (typeof value !== 'string') throw new Unsendable(`is ${show(value)}, not a string`);
      // A character has three bytes at the most.
      if (value.length > maxLength / 3) checkLength(Buffer.byteLength(value), maxLength);
      writer.writeText(value);
    },
    (reader) => reader.readText(maxLength),
  ),
);

/** Bytes: their number, and the bytes. */
export const byteSlice: LimitedMusSerializer<Uint8Array> = limited((maxLength) =>
  serializer<Uint8Array>(
    'ord.byteSlice',
    1,
    (value, writer) => {
      if (!types.isUint8Array(value)) throw new Unsendable(`is ${show(value)}, not a Uint8Array`);
      checkLength(value.length, maxLength);
      writer.writeByteSlice(value);
    },
    (reader) => reader.readByteSlice(maxLength),
  ),
);
