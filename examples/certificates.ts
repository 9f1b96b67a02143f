// Makes an authority and two certificates that it signs, for the TLS example. In earnest yours come from your own
// authority.
import { generate } from 'selfsigned';

/** A certificate and its key (PEM). */
export interface Identity {
  cert: string;
  key: string;
}

const OPTIONS = { keyType: 'ec', algorithm: 'sha256' } as const;

/** An authority's certificate, and a server's and a client's signed by it. */
export async function makeCertificates(): Promise<{ ca: string; server: Identity; client: Identity }> {
  const authority = await generate([{ name: 'commonName', value: 'example authority' }], {
    ...OPTIONS,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  const ca = { cert: authority.cert, key: authority.private };
  const sign = async (name: string): Promise<Identity> => {
    const altNames = [
      { type: 2 as const, value: name },
      { type: 7 as const, ip: '127.0.0.1' },
    ];
    const made = await generate([{ name: 'commonName', value: name }], {
      ...OPTIONS,
      ca,
      extensions: [{ name: 'subjectAltName', altNames }],
    });
    return { cert: made.cert, key: made.private };
  };
  return { ca: authority.cert, server: await sign('localhost'), client: await sign('client') };
}
