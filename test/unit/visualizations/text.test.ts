import { describe, expect, it } from 'vitest';
import { FONTS, widthOf } from '../../../visualizations/draw/text.ts';

describe('widthOf', () => {
  it.each([
    // Measured in a browser with Liberation Sans, at the size of the style.
    ["after 'handshakeTimeout' [hasUntriedAddress]", 'event', 245.6],
    ['Every Command goes out.', 'muted', 142],
    ['halfOpen', 'name', 58.5],
  ] as const)('is what a browser needs for %j, or hardly more', (text, style, measuredPx) => {
    expect(widthOf(text, style)).toBeGreaterThanOrEqual(measuredPx);
    expect(widthOf(text, style)).toBeLessThan(measuredPx * 1.04);
  });

  it('takes a character that it does not know for a wide one', () => {
    expect(widthOf('漢', 'event')).toBeGreaterThanOrEqual(FONTS.event.sizePx);
  });
});
