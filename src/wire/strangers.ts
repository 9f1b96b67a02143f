import { printable } from '../base/errors/printable.ts';

/** As much of what a stranger says is looked at, */
const LOOKED_AT_BYTES = 1_024;
/** and so much of it shown. */
const SHOWN_LENGTH = 60;

/** First words of services, as soon as somebody connects, or where they are not asked in their own way. */
const GREETINGS: readonly (readonly [RegExp, string])[] = [
  [/^HTTP\/\d/, 'an HTTP server'],
  [/^SSH-/, 'an SSH server'],
  [/^-(?:ERR|NOAUTH|DENIED|LOADING|MISCONF) /, 'a Redis server'],
  [/^\+OK/, 'a Redis or POP3 server'],
  [/^\* OK/, 'an IMAP server'],
  [/^RFB \d/, 'a VNC server'],
  [/^220[ -]/, 'a mail or FTP server'],
  [/^[\s\S]{3}\0\n\d+\.\d/, 'a MySQL server'],
];

/** First words of clients of other services. */
const REQUESTS: readonly (readonly [RegExp, string])[] = [
  [/^PRI \* HTTP\/2/, 'an HTTP/2 request'],
  [/^[A-Z]{3,20} \S+ HTTP\/\d/, 'an HTTP request'],
  [/^SSH-\d/, 'an SSH client'],
  [/^PROXY (?:TCP|UNKNOWN)/, 'the PROXY protocol of a load balancer'],
  [/^\r\n\r\n\0\r\nQUIT\n/, 'the PROXY protocol of a load balancer'],
  [/^\*\d+\r\n\$\d+\r\n/, 'a Redis client'],
];

/**
 * Description of the first bytes of a server that are no ServerInfo; nothing where they may be one. Without it the first
 * byte of a banner would be taken for a length, and the rest be waited for.
 *
 * @param expected - the ServerInfos that are expected: what begins like one is no stranger, whatever it looks like.
 */
export function strangerServer(bytes: Buffer, expected: readonly string[]): string | undefined {
  const [length = 0x80] = bytes;
  // No further than a ServerInfo of that length: what is found must not depend on how the bytes arrive. None is longer.
  if (length >= 0x80) return;
  const said = bytes.toString('latin1', 0, Math.min(bytes.length, 1 + length));
  const isLike = (text: string) => {
    const begin = Buffer.from(text)
      .toString('latin1')
      .slice(0, said.length - 1);
    return said.slice(1, 1 + begin.length) === begin;
  };
  if (expected.some(isLike)) return;
  // A record of TLS: an alert, to a client that does not speak it.
  if (isTlsRecord(bytes, 0x15)) return `speaks TLS: give the option 'tls'`;
  const known = GREETINGS.find(([pattern]) => pattern.test(said));
  const name = known?.[1] ?? (isBanner(said) ? 'another service' : undefined);
  return name === undefined ? undefined : `is no cmd-stream server: it looks like ${name} (${quote(said)})`;
}

/** Description of the first bytes of a client that are no Commands; nothing where they may be some. */
export function strangerClient(bytes: Buffer): string | undefined {
  const [first = 0] = bytes;
  if (first === 0x16 && isClientHello(bytes)) return 'sent what looks like TLS, which this server does not speak here';
  // All others begin with a letter, or with what stands below: of most clients one byte is enough to know better.
  if (first !== 0x0d && (first < 0x2a || first > 0x5a)) return;
  const said = bytes.toString('latin1', 0, Math.min(bytes.length, LOOKED_AT_BYTES));
  const known = REQUESTS.find(([pattern]) => pattern.test(said));
  return known === undefined ? undefined : `sent what looks like ${known[1]} (${quote(said)}), no Commands`;
}

/** RFC 8446, section 5.1: content type, version 3.x, length. */
function isTlsRecord(bytes: Buffer, type: number): boolean {
  return bytes.length >= 3 && bytes[0] === type && bytes[1] === 3 && (bytes[2] as number) <= 4;
}

/** As a Command it would be number 22, of type 3; that the lengths of the record and of what is in it agree, is no chance. */
function isClientHello(bytes: Buffer): boolean {
  if (bytes.length < 11 || !isTlsRecord(bytes, 0x16) || bytes[5] !== 1 || bytes[9] !== 3) return false;
  return bytes.readUIntBE(6, 3) >= bytes.readUInt16BE(3) - 4 && bytes[6] === 0;
}

/** A line of text, which does not end just where a ServerInfo of that length would. */
function isBanner(said: string): boolean {
  const [line] = /^[\x20-\x7e]{4,}\r?\n/.exec(said) ?? [];
  return line !== undefined && line.length !== 1 + line.charCodeAt(0);
}

/** The first line. */
function quote(said: string): string {
  return `'${printable(/^[^\r\n]*/.exec(said)?.[0] ?? '', SHOWN_LENGTH)}'`;
}
