const fromCharCode = String.fromCharCode as (...codes: (number | undefined)[]) => string;

/** Texts of one character to sixteen: a call with as many arguments takes half as long as one out of JavaScript. */
// biome-ignore format: a table
const MAKERS: readonly ((b: Buffer, s: number) => string)[] = [
  (b, s) => fromCharCode(b[s]),
  (b, s) => fromCharCode(b[s], b[s + 1]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9], b[s + 10]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9], b[s + 10], b[s + 11]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9], b[s + 10], b[s + 11], b[s + 12]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9], b[s + 10], b[s + 11], b[s + 12], b[s + 13]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9], b[s + 10], b[s + 11], b[s + 12], b[s + 13], b[s + 14]),
  (b, s) => fromCharCode(b[s], b[s + 1], b[s + 2], b[s + 3], b[s + 4], b[s + 5], b[s + 6], b[s + 7], b[s + 8], b[s + 9], b[s + 10], b[s + 11], b[s + 12], b[s + 13], b[s + 14], b[s + 15]),
];

/** The text of `buffer[start, start + length)`, which holds ASCII. */
export function shortText(buffer: Buffer, start: number, length: number): string {
  if (length === 0) return '';
  const make = MAKERS[length - 1];
  return make === undefined ? buffer.toString('latin1', start, start + length) : make(buffer, start);
}
