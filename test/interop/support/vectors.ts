import { readFileSync } from 'node:fs';

/** One recorded vector: see ../vectors/README.md. */
export interface Vector {
  readonly id: string;
  readonly codec: string;
  readonly direction: 'server-info' | 'command' | 'result' | 'ping' | 'varint' | 'primitive';
  readonly primitive?: string;
  readonly about: string;
  readonly hex: string;
  readonly valid: boolean;
  readonly canonical?: boolean;
  readonly meaning?: unknown;
  readonly error?:
    | 'truncated'
    | 'overflow'
    | 'too-large'
    | 'unknown-type'
    | 'malformed-payload'
    | 'wrong-format'
    | 'mismatch';
}

/** The meaning of a Command or Result. */
export interface MessageMeaning {
  /** An `$int` where JavaScript cannot hold it. */
  readonly seq: number | { readonly $int: string };
  readonly type: string;
  readonly number: number;
  readonly value: unknown;
}

/** The vectors of one file of ../vectors. */
export function readVectors(file: string): readonly Vector[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), 'utf8'));
}

/** The bytes of a vector. */
export function bytesOf({ hex }: Vector): Buffer {
  return Buffer.from(hex, 'hex');
}

/** Longer ones are not cut at each byte, which takes time in the square of their length. */
const CUT_EVERYWHERE_BYTES = 2048;
/** A prime, so that the cuts fall on all kinds of places. */
const STRIDE_BYTES = 97;
/** Around the ends of long ones, where the lengths are. */
const MARGIN_BYTES = 32;

/** All ways in which bytes can arrive in two pieces, and at once. Of many bytes: all near the ends, and some between. */
export function* slicings(bytes: Buffer): Generator<readonly Buffer[]> {
  const { length } = bytes;
  yield [bytes];
  for (let at = 1; at < length; at++) {
    const skips = length > CUT_EVERYWHERE_BYTES && at > MARGIN_BYTES && at < length - MARGIN_BYTES;
    if (!skips || at % STRIDE_BYTES === 0) yield [bytes.subarray(0, at), bytes.subarray(at)];
  }
}
