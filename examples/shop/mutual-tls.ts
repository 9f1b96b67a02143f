// Certificates, from the folder that the environment names: ca.pem, and for NAME its NAME.cert.pem and NAME.key.pem.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authorize } from 'cmd-stream';

const pem = (name: string) => readFileSync(join(process.env.CERTIFICATES ?? 'certificates', `${name}.pem`), 'utf8');

/** Options `tls` of a server: it shows its certificate, and takes no client without one. */
export const serverTls = (name: string) => ({ ...clientTls(name), requestCert: true });

/** Options `tls` of a sender. */
export const clientTls = (name: string) => ({ ca: pem('ca'), cert: pem(`${name}.cert`), key: pem(`${name}.key`) });

/** Option `authorize` of a server: the authority vouches for many services; this one answers `service` only. */
export function only(service: string): Authorize {
  return ({ certificate }) => certificate?.subject.CN === service;
}
