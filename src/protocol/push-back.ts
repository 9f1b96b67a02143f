/** The longest wait that a server may ask for, in milliseconds: an hour. What it says beyond counts as so much. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** A wait that a server asks for, as it may be told and believed; `undefined` for what is none. */
export function retryAfterOf(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) return undefined;
  return Math.min(value, MAX_RETRY_AFTER_MS);
}

/** The text that an error Result of the codes `overloaded` and `closed` carries it in, where failures stand in others. */
export function writePushBack(retryAfterMs: number): string {
  return JSON.stringify({ retryAfterMs });
}

/** So long it is at most; a peer may have written anything. */
const MAX_LENGTH = 200;

/** Reads that text, whatever the peer put there. */
export function readPushBack(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  try {
    const fields: unknown = JSON.parse(text);
    if (typeof fields !== 'object' || fields === null) return undefined;
    return retryAfterOf((fields as { readonly retryAfterMs?: unknown }).retryAfterMs);
  } catch {
    return undefined;
  }
}
