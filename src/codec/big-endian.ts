/**
 * Numbers in network byte order. Node's own methods check their arguments each time, which is most of their cost; the
 * callers here have checked the bounds already.
 */
const scratch = new DataView(new ArrayBuffer(8));

/** Writes 32 bits (of any number, two's complement for a negative one) and returns the position behind them. */
export function writeUint32(bytes: Uint8Array, position: number, value: number): number {
  bytes[position] = value >>> 24;
  bytes[position + 1] = value >>> 16;
  bytes[position + 2] = value >>> 8;
  bytes[position + 3] = value;
  return position + 4;
}

/** Writes a double and returns the position behind it. */
export function writeFloat64(bytes: Uint8Array, position: number, value: number): number {
  scratch.setFloat64(0, value);
  writeUint32(bytes, position, scratch.getInt32(0));
  return writeUint32(bytes, position + 4, scratch.getInt32(4));
}

/** Reads 32 bits as a signed number. */
export function readInt32(bytes: Uint8Array, position: number): number {
  return (
    ((bytes[position] as number) << 24) |
    ((bytes[position + 1] as number) << 16) |
    ((bytes[position + 2] as number) << 8) |
    (bytes[position + 3] as number)
  );
}

/** Reads 32 bits as an unsigned number. */
export function readUint32(bytes: Uint8Array, position: number): number {
  return readInt32(bytes, position) >>> 0;
}

/** Reads a double. */
export function readFloat64(bytes: Uint8Array, position: number): number {
  scratch.setInt32(0, readInt32(bytes, position));
  scratch.setInt32(4, readInt32(bytes, position + 4));
  return scratch.getFloat64(0);
}
