import { nestedTooDeep } from '../refused-payload.ts';
import { MAX_PAYLOAD_DEPTH } from '../sendable.ts';

// What values take in memory, about, in bytes: measured on Node 20. On the wire each element or field has a comma.
const ELEMENT_BYTES = 8;
const ARRAY_BYTES = 40;
const OBJECT_BYTES = 56;
const TEXT_BYTES = 16;

/** No JSON takes more memory for each of its bytes: `{},` is three. */
export const MAX_WEIGHT_PER_BYTE = 24;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Memory that a byte outside of texts adds to what is taken, */
const WEIGHTS = new Int32Array(256);
/** and levels that it adds to how deep one is. */
const LEVELS = new Int32Array(256);
for (const [character, weight, level] of [
  [',', ELEMENT_BYTES, 0],
  ['[', ARRAY_BYTES, 1],
  ['{', OBJECT_BYTES, 1],
  [']', 0, -1],
  ['}', 0, -1],
] as const) {
  WEIGHTS[character.charCodeAt(0)] = weight;
  LEVELS[character.charCodeAt(0)] = level;
}

/**
 * Tells about how much memory the JSON in `buffer[start, end)` takes once it is read; whether it is JSON is for others to
 * say. Takes about a third of the time of reading it.
 * @throws RefusedPayload for what is nested deeper than {@link MAX_PAYLOAD_DEPTH}.
 */
export function scanJson(buffer: Buffer, start: number, end: number): number {
  let weight = ELEMENT_BYTES;
  let depth = 0;
  for (let position = start; position < end; position++) {
    const byte = buffer[position] as number;
    if (byte === QUOTE) {
      const from = position;
      position = endOfText(buffer, position, end);
      weight += TEXT_BYTES + position - from;
    } else {
      weight += WEIGHTS[byte] as number;
      depth += LEVELS[byte] as number;
      if (depth > MAX_PAYLOAD_DEPTH) throw nestedTooDeep();
    }
  }
  return weight;
}

/** The closing quote of the text that starts at `position`; behind the end where there is none. */
function endOfText(buffer: Buffer, position: number, end: number): number {
  while (++position < end) {
    const byte = buffer[position];
    if (byte === QUOTE) break;
    if (byte === BACKSLASH) position++;
  }
  return position;
}

/**
 * Tells the same of what has been read: in less time, about a tenth of that of reading it.
 * @throws RefusedPayload for what is nested deeper than {@link MAX_PAYLOAD_DEPTH}.
 */
export function weighJsonValue(value: unknown): number {
  return ELEMENT_BYTES + weightWithin(value, 1);
}

/** The memory of a value beside its place in what holds it. */
function weightWithin(value: unknown, depth: number): number {
  if (typeof value === 'string') return TEXT_BYTES + value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_PAYLOAD_DEPTH) throw nestedTooDeep();
  return Array.isArray(value) ? arrayWeight(value, depth) : objectWeight(value as Record<string, unknown>, depth);
}

function arrayWeight(array: readonly unknown[], depth: number): number {
  let weight = ARRAY_BYTES + ELEMENT_BYTES * array.length;
  for (let index = 0; index < array.length; index++) {
    const element = array[index];
    if (typeof element === 'object' || typeof element === 'string') weight += weightWithin(element, depth + 1);
  }
  return weight;
}

function objectWeight(object: Readonly<Record<string, unknown>>, depth: number): number {
  let weight = OBJECT_BYTES;
  for (const key in object) {
    const value = object[key];
    weight += ELEMENT_BYTES;
    if (typeof value === 'object' || typeof value === 'string') weight += weightWithin(value, depth + 1);
  }
  return weight;
}
