import { nestedTooDeep } from './refused-payload.ts';
import { MAX_PAYLOAD_DEPTH } from './sendable.ts';

/** A shorter text cannot be nested too deeply, and what it takes in memory is not worth the look. */
export const MIN_SCANNED_BYTES = 2 * (MAX_PAYLOAD_DEPTH + 1);

// What values take in memory, about, in bytes: measured on Node 20. Each element or field has a comma.
const ELEMENT_BYTES = 8;
const ARRAY_BYTES = 40;
const OBJECT_BYTES = 56;
const TEXT_BYTES = 16;

/** Up to here the end of a text is looked for byte by byte, which for a short one is quicker than a call into Node. */
const SHORT_TEXT_BYTES = 24;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What a byte outside of texts means; 0: nothing that counts. */
const KINDS = new Uint8Array(256);
const [COMMA, OPEN_ARRAY, OPEN_OBJECT, CLOSE, TEXT] = [1, 2, 3, 4, 5];
for (const [byte, kind] of [
  [',', COMMA],
  ['[', OPEN_ARRAY],
  ['{', OPEN_OBJECT],
  [']', CLOSE],
  ['}', CLOSE],
  ['"', TEXT],
] as const) {
  KINDS[byte.charCodeAt(0)] = kind as number;
}

/**
 * Tells about how much memory the JSON in `buffer[start, end)` takes once it is read; whether it is JSON is for others to
 * say. Takes about a tenth of the time of reading it.
 * @throws RefusedPayload for what is nested deeper than {@link MAX_PAYLOAD_DEPTH}.
 */
export function scanJson(buffer: Buffer, start: number, end: number): number {
  let weight = ELEMENT_BYTES;
  let depth = 0;
  for (let position = start; position < end; position++) {
    switch (KINDS[buffer[position] as number]) {
      case 0:
        break;
      case COMMA:
        weight += ELEMENT_BYTES;
        break;
      case OPEN_ARRAY:
        weight += ARRAY_BYTES;
        if (++depth > MAX_PAYLOAD_DEPTH) throw nestedTooDeep();
        break;
      case OPEN_OBJECT:
        weight += OBJECT_BYTES;
        if (++depth > MAX_PAYLOAD_DEPTH) throw nestedTooDeep();
        break;
      case CLOSE:
        depth--;
        break;
      default: {
        const from = position;
        position = endOfText(buffer, position, end);
        weight += TEXT_BYTES + position - from;
      }
    }
  }
  return weight;
}

/** The closing quote of the text that starts at `position`; `end` where there is none. */
function endOfText(buffer: Buffer, position: number, end: number): number {
  for (;;) {
    const shortEnd = Math.min(end, position + SHORT_TEXT_BYTES);
    while (++position < shortEnd) {
      const byte = buffer[position];
      if (byte === QUOTE) return position;
      if (byte === BACKSLASH) position++;
    }
    if (position >= end) return end;
    const quote = buffer.indexOf(QUOTE, position);
    if (quote === -1 || quote >= end) return end;
    if (!isEscaped(buffer, quote, position)) return quote;
    position = quote;
  }
}

/** Whether an odd number of backslashes stands in front of `quote`; at `from` nothing is escaped. */
function isEscaped(buffer: Buffer, quote: number, from: number): boolean {
  let start = quote;
  while (start > from && buffer[start - 1] === BACKSLASH) start--;
  return (quote - start) % 2 === 1;
}
