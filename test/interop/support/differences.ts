// Where this library deliberately, or tolerably, differs from Go, by the `id` of the vector. The test fails for one that
// is missing here as well as for one that no longer differs.

const NAN = 'another NaN: Go writes the bits 7ff8000000000001, JavaScript 7ff8000000000000';
const LARGE_INT = 'a whole number beyond 32 bits is an int 64, where Go writes one without a sign as a uint 64';
const WIDTHS = 'numbers in their shortest form, where Go writes each type of number at its full width; -0 as 0';

/** Valid ones that are written in other bytes. What these make when they are read is the same. */
export const writtenDifferently: Readonly<Record<string, string>> = {
  'msgpack-004': LARGE_INT,
  'msgpack-005': LARGE_INT,
  'msgpack-016': WIDTHS,
  'msgpack-017': WIDTHS,
  'msgpack-022': LARGE_INT,
  'msgpack-033': WIDTHS,
  'msgpack-034': WIDTHS,
  'msgpack-036': '-0 is written as 0',
  'msgpack-038': NAN,
  'protobuf-038': NAN,
  'mus-038': NAN,
  'mus-primitives-042': NAN,
};

/** Those in which -0 arrives as 0 when this library has written it. */
export const losesMinusZero: readonly string[] = ['msgpack-017', 'msgpack-034', 'msgpack-036'];

const LENIENT_VARINT = '@bufbuild/protobuf drops what a varint has beyond 64 bits: the number is -1';

/** Those that Go refuses and this library reads, and what it makes of them. */
export const readHere: Readonly<
  Record<string, { readonly reason: string; readonly type: string; readonly value: unknown }>
> = {
  'protobuf-095': { reason: LENIENT_VARINT, type: 'Add', value: { a: -1, b: 0 } },
  'protobuf-096': { reason: LENIENT_VARINT, type: 'Sum', value: { value: -1 } },
};
