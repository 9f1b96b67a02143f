import { ByteWriter } from '../base/bytes/byte-writer.ts';

/** Sign of life for one client: which of its Commands are being worked on. */
export interface Signs {
  /** The inbox of the client, with the dot behind it. */
  readonly inbox: string;
  /** A 0, as no Result begins, and the numbers of the Commands. */
  readonly bytes: Uint8Array;
}

/** Signs of life for the clients of these Commands, one for each. */
export function signsOf(replySubjects: readonly string[]): readonly Signs[] {
  const writers = new Map<string, ByteWriter>();
  for (const subject of replySubjects) {
    const end = subject.lastIndexOf('.') + 1;
    const seq = Number(subject.slice(end));
    // Another client of the subjects may have another way to number.
    if (Number.isSafeInteger(seq) && seq > 0) writerOf(writers, subject.slice(0, end)).writeVarint(seq);
  }
  return [...writers].map(([inbox, { buffer, position }]) => ({ inbox, bytes: buffer.subarray(0, position) }));
}

function writerOf(writers: Map<string, ByteWriter>, inbox: string): ByteWriter {
  const known = writers.get(inbox);
  if (known !== undefined) return known;
  const writer = new ByteWriter(64);
  writer.writeVarint(0);
  writers.set(inbox, writer);
  return writer;
}
