import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { Credit } from '../wire/extension/credit.ts';
import { isMetadataKey, type Metadata, metadataOf, NO_METADATA } from '../wire/extension/metadata.ts';

// A Command has its time in front of it, and its metadata as headers of NATS, where others than us can read them.

/** The time of a Command that has none. */
const FOR_EVER = 0;

/** A time that is left as one number: 0, for ever; n + 1, n milliseconds. */
export function writeTime(leftMs: number | undefined): number {
  if (leftMs === undefined || leftMs > Number.MAX_SAFE_INTEGER / 2) return FOR_EVER;
  return Math.max(0, Math.ceil(leftMs)) + 1;
}

/** What {@link writeTime} has written. */
export function readTime(time: number): number {
  return time === FOR_EVER ? Number.POSITIVE_INFINITY : time - 1;
}

// What a line of a header cannot hold, and by what that is told.
const UNSAFE = /[%\p{Cc}]|^ | $/gu;

/** Name of the header that says what may be sent at first; no key of metadata is like it. */
const CREDIT = 'Cs-Credit';

/** What any client lets be sent for a Command at first, unless it says otherwise. */
export const USUAL_CREDIT: Credit = Object.freeze({ results: 64, bytes: 32 * 1024 });

/** The line for a credit that is not the usual one. */
export function creditLine(credit: Credit | undefined): string | undefined {
  if (credit === undefined) return undefined;
  const { results, bytes } = credit;
  return results === USUAL_CREDIT.results && bytes === USUAL_CREDIT.bytes ? undefined : `${results} ${bytes}`;
}

/** The credit among the headers that have come; none where it is the usual one, or makes no sense. */
export function readCredit(lines: MsgHdrs | undefined): Credit | undefined {
  const { results, bytes } =
    /^(?<results>[1-9]\d{0,14}) (?<bytes>[1-9]\d{0,14})$/.exec(lines?.get(CREDIT) ?? '')?.groups ?? {};
  return results === undefined ? undefined : { results: Number(results), bytes: Number(bytes) };
}

/** Metadata, and a {@link creditLine}, as headers; `undefined` where there is none. */
export function writeHeaders(metadata: Metadata, credit: string | undefined): MsgHdrs | undefined {
  if (metadata === NO_METADATA && credit === undefined) return undefined;
  const lines = headers();
  if (credit !== undefined) lines.append(CREDIT, credit);
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text === 'string') lines.append(key, text.replace(UNSAFE, encodeURIComponent));
  }
  return lines;
}

/** The metadata among the headers that have come: what others have put there and is none is left out. */
export function readMetadata(lines: MsgHdrs | undefined): Metadata {
  if (lines === undefined) return NO_METADATA;
  const entries = lines
    .keys()
    .filter(isMetadataKey)
    .map((key): [string, string] => [key, decoded(lines.get(key))]);
  return entries.length === 0 ? NO_METADATA : metadataOf(entries);
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
