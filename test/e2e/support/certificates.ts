import { randomUUID } from 'node:crypto';
import { generate } from 'selfsigned';

/** A certificate and its private key, in PEM form. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** What a test of TLS needs; all of it made for the test, valid for a day. */
export interface Certificates {
  /** The certificate of the authority that has signed `server` and `client`. */
  readonly ca: string;
  /** For `localhost`, `127.0.0.1` and `::1`. */
  readonly server: Identity;
  readonly client: Identity;
  /** What has signed them. */
  readonly authority: Identity;
}

/** How a further certificate differs. */
export interface IdentityOptions {
  /** Whom it is for; also its only name, where it is not `localhost`. */
  readonly name?: string;
  readonly usage?: 'serverAuth' | 'clientAuth';
  readonly expired?: boolean;
}

const HOUR_MS = 3_600_000;

/** Makes an authority, and a server and a client certificate that it signs. Two calls give two authorities. */
export async function makeCertificates(): Promise<Certificates> {
  // Authorities are looked up by name: no two may have the same.
  const authority = await generate([{ name: 'commonName', value: `test authority ${randomUUID()}` }], {
    ...common(),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, critical: true },
    ],
  });
  const ca = { key: authority.private, cert: authority.cert };
  return {
    ca: ca.cert,
    server: await signed('localhost', 'serverAuth', ca),
    client: await signed('client', 'clientAuth', ca),
    authority: ca,
  };
}

/** Makes one certificate more, which the same authority signs. */
export async function makeIdentity({ authority }: Certificates, options: IdentityOptions): Promise<Identity> {
  const { name = 'localhost', usage = 'serverAuth', expired = false } = options;
  return await signed(name, usage, authority, expired);
}

/** Makes a certificate that nobody vouches for but itself. */
export async function makeSelfSigned(name: string): Promise<Identity> {
  const made = await generate([{ name: 'commonName', value: name }], common());
  return { cert: made.cert, key: made.private };
}

async function signed(
  name: string,
  usage: 'serverAuth' | 'clientAuth',
  ca: Identity,
  expired = false,
): Promise<Identity> {
  const made = await generate([{ name: 'commonName', value: name }], {
    ...common(),
    ...(expired ? { notAfterDate: new Date(Date.now() - HOUR_MS / 2) } : {}),
    ca,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', [usage]: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          ...(name === 'other' ? [] : [{ type: 7, ip: '127.0.0.1' } as const, { type: 7, ip: '::1' } as const]),
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}

/** Elliptic curves: RSA keys take a second to find. */
function common() {
  const now = Date.now();
  return {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - HOUR_MS),
    notAfterDate: new Date(now + 24 * HOUR_MS),
  } as const;
}
