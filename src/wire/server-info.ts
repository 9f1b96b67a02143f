import { type ByteReader, NEED_MORE } from '../base/bytes/byte-reader.ts';
import { MAX_VARINT_BYTES, writeVarint } from '../base/bytes/varint.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { show } from '../base/options/check.ts';

/** The ServerInfo of a server that does not say otherwise; the Go implementation's default. */
export const DEFAULT_SERVER_INFO = 'default';

/** The longest ServerInfo that either side accepts, in bytes. */
const MAX_SERVER_INFO_BYTES = 1024;

/** Introduction of a server: the name, and the extensions that it offers behind it. */
export interface ServerInfo {
  /** The plain ServerInfo, which client and server agree on. */
  readonly name: string;
  /** Names of extensions to the Go protocol that the server offers; empty for a Go server. */
  readonly extensions: readonly string[];
}

/** Reads `name` or `name;extension;extension`. */
export function parseServerInfo(text: string): ServerInfo {
  const [name = '', ...extensions] = text.split(';');
  return { name, extensions };
}

/** The frame that a server sends first: `varint length`, then the text. */
export function encodeServerInfo(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const frame = Buffer.allocUnsafe(MAX_VARINT_BYTES + bytes.length);
  const start = writeVarint(frame, 0, bytes.length);
  bytes.copy(frame, start);
  return frame.subarray(0, start + bytes.length);
}

/**
 * Reads the frame that a server sends first; `undefined`, and the position as it was, where it is not there whole.
 * @throws CmdStreamError `protocol-error` where `remoteAddress` sent something else.
 */
export function readServerInfo(reader: ByteReader, remoteAddress: string): string | undefined {
  const start = reader.position;
  const length = reader.readVarint();
  if (length !== NEED_MORE) {
    if (length < 1 || length > MAX_SERVER_INFO_BYTES) {
      throw new CmdStreamError(
        'protocol-error',
        `${remoteAddress} did not send a ServerInfo: its length would be ${length}, not 1 to ${MAX_SERVER_INFO_BYTES}`,
      );
    }
    if (reader.available >= length) {
      const info = reader.buffer.toString('utf8', reader.position, reader.position + length);
      reader.position += length;
      return info;
    }
  }
  reader.position = start;
  return undefined;
}

/** Checks the option `serverInfo`. A `;` would be read as the start of the extensions. */
export function resolveServerInfo(value: unknown): string {
  if (value === undefined) return DEFAULT_SERVER_INFO;
  if (typeof value === 'string' && value !== '' && !value.includes(';')) {
    if (Buffer.byteLength(value) <= MAX_SERVER_INFO_BYTES) return value;
  }
  throw new CmdStreamError(
    'invalid-argument',
    `option 'serverInfo' must be a text of 1 to ${MAX_SERVER_INFO_BYTES} bytes without ';'; got ${show(value)}`,
  );
}

/** Whether what the server sent is what the client expects: the same name, extensions allowed. */
export function serverInfoMatches(expected: string, received: string): boolean {
  return parseServerInfo(received).name === expected;
}
