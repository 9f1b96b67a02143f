import type { X509Certificate } from 'node:crypto';
import { printable } from '../../base/errors/printable.ts';

/**
 * The parts of a name in a certificate, by their short names: `CN` (common name), `O` (organisation), `OU`, `C`, ...; a list
 * where a part occurs more than once.
 */
export type CertificateName = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Contents of a certificate that a peer has shown. */
export interface PeerCertificate {
  /** Whom it is for: `subject.CN`. */
  readonly subject: CertificateName;
  /** Name of the issuer, who has signed it. */
  readonly issuer: CertificateName;
  /**
   * The names that it is for, each with its kind in front: `DNS:orders.example.com`, `IP Address:10.0.0.7`,
   * `URI:spiffe://example.com/orders`, `email:a@example.com`.
   */
  readonly subjectAltNames: readonly string[];
  /** The SHA-256 digest of the whole certificate: `AB:CD:...`, 32 bytes in upper case. */
  readonly fingerprint256: string;
  /** The number that its authority has given it, in hexadecimal digits. */
  readonly serialNumber: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** The certificate itself (DER), for `new X509Certificate(raw)` of `node:crypto`. */
  readonly raw: Buffer;
}

/** Reads a certificate. */
export function certificateInfo(certificate: X509Certificate): PeerCertificate {
  const { subject, issuer } = certificate.toLegacyObject();
  return Object.freeze({
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    subjectAltNames: Object.freeze(splitNames(certificate.subjectAltName ?? '')),
    fingerprint256: certificate.fingerprint256,
    serialNumber: certificate.serialNumber,
    validFrom: new Date(certificate.validFrom),
    validTo: new Date(certificate.validTo),
    raw: certificate.raw,
  });
}

/** Without a prototype: `subject.constructor` is in no certificate. */
function nameOf(parts: object | undefined): CertificateName {
  const name = Object.assign(Object.create(null), parts);
  for (const part of Object.values(name)) if (Array.isArray(part)) Object.freeze(part);
  return Object.freeze(name);
}

/**
 * Node writes all names in one text, parted by commas; what would be ambiguous in it is written as JSON:
 * `DNS:a.example.com, URI:"http://a/\u002c DNS:b"`.
 */
const ONE_NAME = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

/** The names of a certificate one by one. */
function splitNames(text: string): string[] {
  return Array.from(text.matchAll(ONE_NAME), ([, kind, name = '']) => `${kind}:${plainName(name)}`);
}

function plainName(name: string): string {
  if (!name.startsWith('"')) return name;
  try {
    return String(JSON.parse(name));
  } catch {
    return name;
  }
}

/** Whom a certificate is for, in a message: `CN=orders, O=shop`; where it names nobody, its first other name. */
export function describeName({ subject, subjectAltNames }: PeerCertificate): string {
  const parts = Object.entries(subject).map(([part, value]) => `${part}=${value}`);
  const [name = 'nobody'] = parts.length > 0 ? [parts.join(', ')] : subjectAltNames;
  return printable(name, 200);
}
