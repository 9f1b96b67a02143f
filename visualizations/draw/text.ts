// How wide a text is, without a browser: the metrics of Helvetica, which Arial, Liberation Sans and Nimbus Sans share.

/** The look of a run of text. */
export type TextStyle = 'title' | 'name' | 'event' | 'guard' | 'muted';

/** Size in pixels and weight of each style. */
export const FONTS: Readonly<Record<TextStyle, { readonly sizePx: number; readonly isBold: boolean }>> = {
  title: { sizePx: 17, isBold: true },
  name: { sizePx: 13.5, isBold: true },
  event: { sizePx: 12, isBold: false },
  guard: { sizePx: 12, isBold: false },
  muted: { sizePx: 12, isBold: false },
};

/** The distance between the lines of a text, in pixels. */
export const LINE_PX = 17;

/** Advance widths of the characters from space to tilde, in thousandths of the font size. */
const REGULAR = widths(
  '278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584',
);
const BOLD = widths(
  '278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584 584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584',
);
/** As wide as a letter gets: a character that is not in the tables is never cut. */
const WIDEST = 1015;
/** Renderers round glyph positions; a little room keeps the estimate above the truth. */
const ROOM = 1.02;

/** The width of a text in pixels. */
export function widthOf(text: string, style: TextStyle): number {
  const { sizePx, isBold } = FONTS[style];
  const table = isBold ? BOLD : REGULAR;
  let thousandths = 0;
  for (const character of text) thousandths += table[character.charCodeAt(0) - 32] ?? WIDEST;
  return (thousandths / 1000) * sizePx * ROOM;
}

function widths(table: string): readonly number[] {
  return table.split(' ').map(Number);
}
