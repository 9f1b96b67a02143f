import { varintSize, writeVarint } from '../base/bytes/varint.ts';

// What both sides tell each other beside Commands and Results. To a server: `varint type`, then the body as the wire extension
// has it. To a client, where Results begin by their number from 1 on: a 0 before the same.

/** What is told to a server of a Command that it has. */
export function encodeControl(type: number, body: Uint8Array): Uint8Array {
  const start = varintSize(type);
  const bytes = new Uint8Array(start + body.length);
  writeVarint(bytes, 0, type);
  bytes.set(body, start);
  return bytes;
}

/** What is told to a client of a Command of its own. */
export function encodeForClient(type: number): Uint8Array {
  const bytes = new Uint8Array(1 + varintSize(type));
  writeVarint(bytes, 1, type);
  return bytes;
}

/** What all servers are told where it is not known who has a Command: where its Results would go. */
export function encodeCancel(replySubject: string): Uint8Array {
  return Buffer.from(replySubject);
}
