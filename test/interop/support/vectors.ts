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

/** All ways in which bytes can arrive in two pieces, and at once. */
export function* slicings(bytes: Buffer): Generator<readonly Buffer[]> {
  yield [bytes];
  for (let at = 1; at < bytes.length; at++) yield [bytes.subarray(0, at), bytes.subarray(at)];
}
