import { isUtf8 } from 'node:buffer';

/**
 * Reads `buffer[start, end)` as UTF-8.
 * @throws Error for bytes that are no UTF-8: reading them as U+FFFD would change the text in silence.
 */
export function readUtf8(buffer: Buffer, start: number, end: number): string {
  const text = buffer.toString('utf8', start, end);
  // Invalid bytes always become U+FFFD, which is rare: nearly every text is spared the second look.
  if (text.includes('\ufffd') && !isUtf8(buffer.subarray(start, end))) throw new Error('a text is not valid UTF-8');
  return text;
}
