import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'cmd-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Calculator, calc, handlers } from '../../../examples/calc.ts';
import { type Certificates, makeCertificates, makeIdentity } from '../support/certificates.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-cli-tls-'));
const file = (name: string) => join(folder, `${name}.pem`);
let made: Certificates;
beforeAll(async () => {
  made = await makeCertificates();
  const { ca, client, server } = made;
  const pems = { ca, cert: client.cert, key: client.key, serverCert: server.cert, serverKey: server.key };
  for (const [name, pem] of Object.entries(pems)) await writeFile(file(name), pem);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const option = (name: string) => [`--${name}`, file(name)];

/** One of each sub-command that connects. */
const ways = (address: string): string[][] => [
  ['ls', address],
  ['ping', address, '--count', '1'],
  ['call', address, 'Add', '{"a":2,"b":3}'],
];

describe.concurrent('over TLS', () => {
  it('all ask with the certificates of both ends', async () => {
    const { ca, server: identity } = made;
    await using server = await serve(calc, new Calculator(), handlers, { tls: { ...identity, ca, requestCert: true } });
    for (const args of ways(server.address)) {
      const known = await cli.run([...args, ...option('ca'), ...option('cert'), ...option('key')]);
      expect(known).toMatchObject({ code: 0, stderr: '' });
      const unknown = await cli.run([...args, ...option('ca')]);
      expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*certificate[^\n]*\n$/) });
    }
  });

  it('none trusts a certificate that nobody vouches for; --insecure takes it, with a warning', async () => {
    await using server = await serve(calc, new Calculator(), handlers, { tls: made.server });
    for (const args of ways(server.address)) {
      const strict = await cli.run([...args, '--tls']);
      expect(strict).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*certificate[^\n]*\n$/) });
      const lax = await cli.run([...args, '--insecure']);
      expect(lax).toMatchObject({ code: 0, stderr: expect.stringMatching(/^WARNING: --insecure: .*\n$/) });
    }
  });

  it('the name in the certificate is the one that --servername says', async () => {
    const other = await makeIdentity(made, { name: 'other' });
    await using server = await serve(calc, new Calculator(), handlers, { tls: other });
    const args = ['ls', server.address, ...option('ca')];
    expect(await cli.run(args)).toMatchObject({ code: 1 });
    expect(await cli.run([...args, '--servername', 'other'])).toMatchObject({ code: 0, stderr: '' });
  });

  it('says in one line that the other end does not speak TLS, or does', async () => {
    await using plain = await serve(calc, new Calculator(), handlers);
    await using secure = await serve(calc, new Calculator(), handlers, { tls: made.server });
    for (const args of [...ways(plain.address).map((way) => [...way, '--tls']), ...ways(secure.address)]) {
      const failed = await cli.run([...args, '--timeout', '300']);
      expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/^cmd-stream \w+: [^\n]*\n$/) });
    }
  });

  it('a server is started with a certificate, and with goClients', async () => {
    const { server, address } = await cli.serve(
      '--cert',
      file('serverCert'),
      '--key',
      file('serverKey'),
      '--go-clients',
    );
    await using _ = server;
    const { code, stdout } = await cli.run(['ls', address, ...option('ca')]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('It is a Go server') });
    const half = await cli.run(['serve', '--cert', file('serverCert')]);
    const stderr = "cmd-stream serve: --cert and --key go together; try 'cmd-stream serve --help'\n";
    expect(half).toEqual({ code: 2, stdout: '', stderr });
  });
});
