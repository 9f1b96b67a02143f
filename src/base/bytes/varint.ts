/**
 * Unsigned variable-length integers as the Go implementation writes them: seven bits a byte, least significant group
 * first, the high bit says that more follows; at most ten bytes, 64 bits.
 */

/** The most bytes that a varint has. */
export const MAX_VARINT_BYTES = 10;

/** How many bytes `value` takes; `value` is a whole number from 0 to 2^53 - 1. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  let size = 5;
  for (let rest = Math.floor(value / 0x800000000); rest > 0; rest = Math.floor(rest / 0x80)) size++;
  return size;
}

/** Writes `value` at `position` and returns the position behind it. The caller has made room. */
export function writeVarint(bytes: Uint8Array, position: number, value: number): number {
  // Bit operations hold 32 bits; what is larger gives its low groups by division first.
  while (value >= 0x80000000) {
    bytes[position++] = (value % 0x80) | 0x80;
    value = Math.floor(value / 0x80);
  }
  while (value >= 0x80) {
    bytes[position++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  bytes[position++] = value;
  return position;
}
