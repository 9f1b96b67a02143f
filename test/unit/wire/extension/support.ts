import fc from 'fast-check';
import { ByteReader } from '../../../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../../../src/base/bytes/byte-writer.ts';
import { type Metadata, metadataOf } from '../../../../src/wire/extension/metadata.ts';

/** Keys that metadata may have, those among them that objects have of their own. */
export const key: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'tostring', 'a', 'traceparent', 'x-1.y_z'),
  fc.stringMatching(/^[a-z0-9._-]{1,20}$/),
);

/** Texts that come as they go: no half surrogate pairs. */
export const text: fc.Arbitrary<string> = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string());

/** Metadata of a few texts. */
export const metadata: fc.Arbitrary<Metadata> = fc
  .uniqueArray(fc.tuple(key, text), { maxLength: 8, selector: ([one]) => one })
  .map((entries) => metadataOf(entries));

/** The bytes that `write` appends, behind some that were there. */
export function written(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter(16);
  writer.writeBytes(Buffer.from('before'));
  write(writer);
  return Buffer.from(writer.buffer.subarray('before'.length, writer.position));
}

/** A reader of bytes, behind some that were read. */
export function readerOf(bytes: Uint8Array): ByteReader {
  const reader = new ByteReader();
  reader.buffer = Buffer.concat([Buffer.from('before'), bytes]);
  reader.position = 'before'.length;
  reader.end = reader.buffer.length;
  return reader;
}

/** Own fields, whatever the prototype. */
export const plain = (object: object): object => Object.fromEntries(Object.entries(object));

/** The code of the error that `read` throws; `undefined` where it throws none. */
export function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as { readonly code?: string }).code ?? `no error of the library: ${String(error)}`;
  }
}
