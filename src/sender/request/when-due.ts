/** Nobody means a deadline that is so long past: it was a duration. */
const YEAR_MS = 365 * 86_400_000;

/** When a request was due, for the error of one that was not answered; after so long, or where negative, before it began. */
export function describeWhenDue(dueInMs: number): string {
  const timeoutMs = Math.round(dueInMs);
  if (!Number.isFinite(timeoutMs) || timeoutMs === 0) return '';
  if (timeoutMs > 0) return ` (after ${timeoutMs} ms)`;
  const isMistaken = -timeoutMs > YEAR_MS;
  const mistaken = isMistaken ? ` (a deadline is a point in time; for a duration there is 'timeoutMs')` : '';
  return `, which had passed ${-timeoutMs} ms before${mistaken}`;
}
