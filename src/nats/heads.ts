import { headers, type MsgHdrs } from '@nats-io/transport-node';
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

/** Metadata as headers; `undefined` where there is none. */
export function writeMetadata(metadata: Metadata): MsgHdrs | undefined {
  if (metadata === NO_METADATA) return undefined;
  const lines = headers();
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
