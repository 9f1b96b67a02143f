import { isUtf8 } from 'node:buffer';

/**
 * Reads `buffer[start, end)` as UTF-8.
 * @throws Error for bytes that are no UTF-8: reading them as U+FFFD would change the text in silence.
 */
export function readText(buffer: Buffer, start: number, end: number): string {
  if (end - start <= 8) {
    const short = readShortAscii(buffer, start, end);
    if (short !== undefined) return short;
  }
  const text = buffer.toString('utf8', start, end);
  // Invalid bytes always become U+FFFD, which is rare: nearly every text is spared the second look.
  if (text.includes('\ufffd') && !isUtf8(buffer.subarray(start, end))) throw new Error('a text is not valid UTF-8');
  return text;
}

/** A call into Node costs more than these few steps. Returns `undefined` for what is not ASCII. */
function readShortAscii(buffer: Buffer, start: number, end: number): string | undefined {
  let text = '';
  for (let position = start; position < end; position++) {
    const byte = buffer[position] as number;
    if (byte >= 0x80) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
