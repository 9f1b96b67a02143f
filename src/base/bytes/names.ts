import { shortText } from './short-text.ts';

/** Names that were read, by what they begin and end with: as a rule there are few, and each comes again and again. */
const PLACES = 256;
const names: string[] = new Array<string>(PLACES).fill('');
/** Longer ones are not kept, whoever sends them. */
const MAX_NAME_BYTES = 64;

/** The text of `buffer[start, start + length)`, a name of a field or a key; nothing where it is not of ASCII, or long. */
export function nameAt(buffer: Buffer, start: number, length: number): string | undefined {
  if (length === 0 || length > MAX_NAME_BYTES) return undefined;
  const last = start + length - 1;
  const place = ((buffer[start] as number) * 7 + (buffer[last] as number) * 31 + length) & (PLACES - 1);
  const known = names[place] as string;
  if (isText(buffer, start, length, known)) return known;
  if (!isAscii(buffer, start, start + length)) return undefined;
  const text = shortText(buffer, start, length);
  // V8 finds a field sooner by its name than by an equal text.
  const [name = text] = Object.keys({ [text]: 0 });
  names[place] = name;
  return name;
}

/** Whether all bytes of `buffer[start, end)` are characters of ASCII. */
export function isAscii(buffer: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    if ((buffer[index] as number) >= 0x80) return false;
  }
  return true;
}

function isText(buffer: Buffer, start: number, length: number, text: string): boolean {
  if (text.length !== length) return false;
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) !== buffer[start + index]) return false;
  }
  return true;
}
