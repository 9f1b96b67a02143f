import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Certificates, makeCertificates } from '../../e2e/support/certificates.ts';

/** Certificates for this process, and the same as files for Go peers. */
export interface TlsFiles extends Certificates {
  /** What a Go server is started with. */
  readonly serverFlags: readonly string[];
  readonly mutualServerFlags: readonly string[];
  /** What a Go client is started with. */
  readonly clientFlags: readonly string[];
  readonly mutualClientFlags: readonly string[];
}

/** Makes certificates for the tests of a file, and removes them behind these. Call it at the top; filled when tests run. */
export function useTlsFiles(): TlsFiles {
  const files = {} as TlsFiles;
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cmd-stream-tls-'));
    Object.assign(files, await makeTlsFiles(folder));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  return files;
}

async function makeTlsFiles(folder: string): Promise<TlsFiles> {
  const certificates = await makeCertificates();
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const { ca, server, client } = certificates;
  const caFlags = ['--tls-ca', file('ca.pem', ca)];
  const identity = (name: string, { cert, key }: { cert: string; key: string }) => [
    '--tls-cert',
    file(`${name}.pem`, cert),
    '--tls-key',
    file(`${name}-key.pem`, key),
  ];
  const serverFlags = identity('server', server);
  return {
    ...certificates,
    serverFlags,
    mutualServerFlags: [...serverFlags, ...caFlags, '--mutual'],
    clientFlags: caFlags,
    mutualClientFlags: [...caFlags, ...identity('client', client), '--mutual'],
  };
}
