import { readText } from './utf8.ts';

/** As many keys as a protocol has, and more; a key that is not kept only costs its decoding. */
const KEPT_KEYS = 1024;

/** Reads the keys of maps: the same ones come in every message, and comparing is cheaper than decoding. */
export class KeyCache {
  readonly #kept: string[] = new Array<string>(KEPT_KEYS).fill('');

  /** The text in `buffer[start, start + length)`. */
  read(buffer: Buffer, start: number, length: number): string {
    if (length === 0) return '';
    const slot = slotOf(buffer, start, length);
    const kept = this.#kept[slot] as string;
    if (kept.length === length) {
      let index = 0;
      while (index < length && kept.charCodeAt(index) === buffer[start + index]) index++;
      if (index === length) return kept;
    }
    const key = readText(buffer, start, start + length);
    // What is not ASCII has more bytes than characters, and would never be found again.
    if (key.length === length) this.#kept[slot] = key;
    return key;
  }
}

/** Keys differ by their length, first, middle or last character, if by anything cheap to look at. */
function slotOf(buffer: Buffer, start: number, length: number): number {
  const first = buffer[start] as number;
  const middle = buffer[start + (length >> 1)] as number;
  const last = buffer[start + length - 1] as number;
  return ((length * 31) ^ (first * 7) ^ (middle * 17) ^ (last * 131)) & (KEPT_KEYS - 1);
}
