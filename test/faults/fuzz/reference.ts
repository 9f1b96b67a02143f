import { MAX_FRAME_BYTES } from './outcome.ts';

/** A frame as {@link readFrames} finds it. */
export interface ReferenceFrame {
  /** 0 for a Ping, which has nothing behind it. */
  readonly seq: number;
  readonly type: number;
  /** Type, length and payload. */
  readonly message: Buffer;
  /** Whether its payload is over the limit: it is announced, and need not have come whole. */
  readonly oversized?: true;
  /** Body of a frame of the wire extension. */
  readonly control?: Buffer;
}

/** What a stream of bytes holds. */
export interface ReferenceStream {
  readonly frames: readonly ReferenceFrame[];
  /** What it ends with: an error, the middle of a frame, or the end of one. */
  readonly end: 'protocol-error' | 'cut' | 'whole';
}

/** A longer payload is nobody's. */
const MAX_SKIPPED_BYTES = 2 ** 30;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** The bytes of the varint at the start of `bytes`. */
export function varintLength(bytes: Uint8Array): number {
  const last = bytes.findIndex((byte) => byte < 0x80);
  return last < 0 ? bytes.length : last + 1;
}

/** Writes a number in `extra` bytes more than it needs, which is allowed as long as it is no more than ten in all. */
export function varint(value: bigint | number, extra = 0): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 0x7fn));
    rest >>= 7n;
  } while (rest > 0n);
  for (let count = 0; count < extra; count++) bytes.push(0);
  return Buffer.from(bytes.map((byte, index) => (index < bytes.length - 1 ? byte | 0x80 : byte)));
}

/** Reads a varint the slow way: 64 bits at most, and no more than a JavaScript number holds exactly. */
export function readVarint(bytes: Buffer, at: number): { value: number; end: number } | 'cut' | 'protocol-error' {
  let value = 0n;
  for (let count = 0; at + count < bytes.length; count++) {
    const byte = BigInt(bytes[at + count] as number);
    value |= (byte & 0x7fn) << BigInt(7 * count);
    if (count === 9 && byte > 1n) return 'protocol-error';
    if (byte < 0x80n) return value > MAX_SAFE ? 'protocol-error' : { value: Number(value), end: at + count + 1 };
  }
  return 'cut';
}

/**
 * Cuts a stream into frames `varint seq, varint type, varint length, payload`, all at once and with no regard to speed:
 * what the incremental reader of the library is compared with. A frame of a type that does not exist is an error only
 * once it is whole, or known to be too large.
 */
export function readFrames(
  bytes: Buffer,
  from: number,
  isType: (type: number) => boolean,
  extended = false,
): ReferenceStream {
  const frames: ReferenceFrame[] = [];
  let at = from;
  for (;;) {
    if (at === bytes.length) return { frames, end: 'whole' };
    const seq = readVarint(bytes, at);
    if (typeof seq === 'string') return { frames, end: seq };
    if (seq.value === 0) {
      frames.push({ seq: 0, type: 0, message: Buffer.alloc(0) });
      at = seq.end;
      continue;
    }
    const type = readVarint(bytes, seq.end);
    if (typeof type === 'string') return { frames, end: type };
    const length = readVarint(bytes, type.end);
    if (typeof length === 'string') return { frames, end: length };
    if (extended && isControl(bytes, seq.end)) {
      const after = length.end + length.value;
      if (length.value > controlLimit(type.value)) return { frames, end: 'protocol-error' };
      if (after > bytes.length) return { frames, end: 'cut' };
      const control = bytes.subarray(length.end, after);
      frames.push({ seq: seq.value, type: type.value, message: bytes.subarray(seq.end, after), control });
      at = after;
      continue;
    }
    if (length.value > MAX_SKIPPED_BYTES) return { frames, end: 'protocol-error' };
    const end = length.end + length.value;
    const oversized = length.value > MAX_FRAME_BYTES;
    if (oversized && isType(type.value)) {
      frames.push({ seq: seq.value, type: type.value, message: bytes.subarray(seq.end, length.end), oversized });
    }
    if (end > bytes.length && (!oversized || isType(type.value))) return { frames, end: 'cut' };
    if (!isType(type.value)) return { frames, end: 'protocol-error' };
    if (!oversized) frames.push({ seq: seq.value, type: type.value, message: bytes.subarray(seq.end, end) });
    at = end;
  }
}

/** Type numbers of the wire extension. */
export const CONTROL = {
  hello: 16_382,
  welcome: 16_381,
  head: 16_380,
  cancel: 16_379,
  ended: 16_378,
  goodbye: 16_377,
  credit: 16_376,
};

/** Whether a frame of the extension begins there, behind its sequence number: by the shortest form of its type only. */
export function isControl(bytes: Buffer, at: number): boolean {
  const [first = 0, second] = bytes.subarray(at, at + 2);
  return first >= 0xf8 && first <= 0xfe && second === 0x7f;
}

/** The longest body that a frame of the extension may have. */
export function controlLimit(type: number): number {
  return type === CONTROL.hello || type === CONTROL.welcome ? 64 * 1024 : 8 * 1024;
}

/** A frame of the extension. */
export function controlFrame(seq: number | bigint, type: number, body: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([varint(seq), varint(type), varint(body.length), body]);
}

/** How many bytes of a frame of the extension there may be, at the most, anywhere in these. */
export function longestControl(bytes: Buffer): number {
  let longest = 0;
  for (let at = 0; at < bytes.length; at++) {
    const length = isControl(bytes, at) ? readVarint(bytes, at + 2) : 'cut';
    if (typeof length !== 'string') longest = Math.max(longest, Math.min(length.value, 64 * 1024));
  }
  return longest;
}
