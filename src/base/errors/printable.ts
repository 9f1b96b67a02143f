/** Texts of others are shown in so many characters, if nobody says otherwise: as many as a server sends of an error. */
export const MAX_TEXT_LENGTH = 1_024;

const CUT = '...';

/**
 * Characters that a terminal, log or page takes for an instruction, or shows as something else: the control characters (C0, DEL,
 * C1), line and paragraph separators, the bidirectional controls, and half surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}]/u;
const ALL_UNPRINTABLE = new RegExp(UNPRINTABLE, 'gu');

/** `text` with what is not printable escaped as JSON does it: `\n`, `\u001b`. All other characters stay as they are. */
export function escapeUnprintable(text: string): string {
  return UNPRINTABLE.test(text) ? text.replace(ALL_UNPRINTABLE, escapeOne) : text;
}

/**
 * A text of others (a peer, a library, a function of the user's) as it may stand in a message: on one line, with what is
 * not printable escaped, in at most `maxLength` characters. Of a longer one the beginning, which holds no memory of it.
 * A text that has been made printable stays as it is.
 */
export function printable(text: string, maxLength = MAX_TEXT_LENGTH): string {
  if (text.length <= maxLength) {
    const escaped = escapeUnprintable(text);
    return escaped.length <= maxLength ? escaped : cut(escaped, maxLength);
  }
  return cut(escapeUnprintable(firstOf(text, maxLength)), maxLength);
}

/** A text in at most `maxLength` characters, not escaped. Of a longer one the beginning, which holds no memory of it. */
export function shortened(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : ownString(firstOf(text, maxLength - CUT.length) + CUT);
}

/** The beginning of an escaped text. */
function cut(escaped: string, maxLength: number): string {
  // Half an escape would be misleading.
  const kept = firstOf(escaped, maxLength - CUT.length).replace(/\\(?:u[0-9a-f]{0,3})?$/, '');
  return ownString(kept + CUT);
}

/** A copy that is a string of its own: what is cut off another one keeps all of that alive. */
function ownString(text: string): string {
  return Buffer.from(text).toString();
}

/** The first characters of a text, without half a surrogate pair at their end. */
function firstOf(text: string, length: number): string {
  const isHigh = (text.charCodeAt(length - 1) & 0xfc00) === 0xd800;
  return text.slice(0, isHigh ? length - 1 : length);
}

function escapeOne(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  return short.length > 1 ? short : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
