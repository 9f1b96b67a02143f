import {
  CmdStreamError,
  createSender,
  memoryTransport,
  type ServerOptions,
  type ServerTlsOptions,
  serve,
  tlsTransport,
} from 'cmd-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { type Certificates, makeCertificates, makeIdentity } from '../support/certificates.ts';

const { onEnd, sender } = stage();

let old: Certificates;
let renewed: Certificates;
beforeAll(async () => {
  old = await makeCertificates();
  renewed = await makeCertificates();
});

async function served(options: ServerOptions<null>) {
  const handlers = {
    Add: ({ a, b }: { a: number; b: number }) => a + b,
    Countdown: ({ from: n }: { from: number }) => ({ n, last: true }),
    Echo: (text: string) => text,
    Find: ({ key }: { key: string }) => ({ type: 'Missing' as const, value: { key } }),
    Fail: () => 0,
    Wait: () => 1,
  };
  const server = await serve(calc, null, handlers, options);
  onEnd(() => server.close());
  return server;
}

const trusting = ({ ca }: Certificates) => ({ ca, servername: 'localhost' });

/** Why a client could not connect. */
async function reasonOf(address: string, tls: object): Promise<string> {
  const error = await failureOf(createSender(calc, { address, tls, reconnect: false }));
  return (error.cause as CmdStreamError).message;
}

/** What a call throws. */
function thrownBy(act: () => void): CmdStreamError {
  try {
    act();
  } catch (error) {
    if (error instanceof CmdStreamError) return error;
  }
  throw new Error('it should have thrown a CmdStreamError');
}

describe('server.setTls', () => {
  it.each(['tls', 'transport'] as const)(
    'shows new clients the new certificate, and keeps the old ones: %s',
    async (by) => {
      const server = await served(
        by === 'tls' ? { tls: old.server } : { transport: tlsTransport({ server: old.server }) },
      );
      const before = await sender({ address: server.address, tls: trusting(old) });
      server.setTls(renewed.server);
      const after = await sender({ address: server.address, tls: trusting(renewed) });
      expect(await reasonOf(server.address, trusting(old))).toMatch(/not among those of 'tls.ca'/);
      expect(await before.send(onePlusOne)).toBe(2);
      expect(await after.send(onePlusOne)).toBe(2);
      expect(server.connections).toBe(2);
    },
  );

  it('may be called again and again', async () => {
    const server = await served({ tls: old.server });
    for (const next of [renewed, old, renewed]) {
      server.setTls(next.server);
      await using client = await createSender(calc, { address: server.address, tls: trusting(next) });
      expect(await client.send(onePlusOne)).toBe(2);
    }
  });

  it('asks clients for certificates of the new authorities, and no longer for the old ones', async () => {
    const server = await served({ tls: { ...old.server, ca: old.ca, requestCert: true } });
    server.setTls({ ...renewed.server, ca: renewed.ca });
    const ca = renewed.ca;
    const client = await sender({ address: server.address, tls: { ca, ...renewed.client } });
    expect(await client.send(onePlusOne)).toBe(2);
    expect(await reasonOf(server.address, { ca, ...old.client })).toContain('certificate');
    expect(await reasonOf(server.address, { ca })).toContain('certificate');
  });

  it('keeps the old certificate where the new one is not sound', async () => {
    const server = await served({ tls: old.server });
    const other = await makeIdentity(renewed, {});
    const cases: [unknown, RegExp][] = [
      [{ cert: renewed.server.cert, key: other.key }, /the TLS options cannot be used: .*key values mismatch/],
      [{ cert: renewed.server.cert }, /option 'tls.key' must be given/],
      [{ ...renewed.server, cert: 'server.pem' }, /option 'tls.cert' must be PEM \(the contents of a file/],
      [{ ...renewed.server, cert: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, /cannot be used/],
      [{ ...renewed.server, ca: 1 }, /option 'tls.ca' must be PEM/],
      [{ ...renewed.server, ca: renewed.ca, requestCert: true }, /'tls.requestCert' must be false, as it is, while/],
      [{ ...renewed.server, minVersion: 'TLSv1' }, /option 'tls.minVersion' must be/],
      [{ ...renewed.server, certs: 1 }, /no option 'certs'/],
      [undefined, /the options of a TLS server must be an object/],
      [null, /must be an object/],
    ];
    for (const [options, message] of cases) {
      const error = thrownBy(() => server.setTls(options as ServerTlsOptions));
      expect(error.code).toBe('invalid-argument');
      expect(error.message).toMatch(message);
      expect(error.message).not.toMatch(/PRIVATE/);
    }
    const client = await sender({ address: server.address, tls: trusting(old) });
    expect(await client.send(onePlusOne)).toBe(2);
  });

  it.each([
    ['TCP', {}],
    ['a transport in memory', { transport: memoryTransport() }],
  ])('is refused by a server without TLS: %s', async (_what, options) => {
    const server = await served(options);
    const error = thrownBy(() => server.setTls(renewed.server));
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toMatch(/speaks no TLS: setTls\(\) renews what the option 'tls' of serve\(\) has given$/);
  });

  it('is refused by a server that is closing, or closed', async () => {
    const server = await served({ tls: old.server });
    const closing = server.shutdown();
    expect(thrownBy(() => server.setTls(renewed.server)).code).toBe('closed');
    await closing;
    expect(thrownBy(() => server.setTls(renewed.server)).code).toBe('closed');
    await soon(() => server.connections).toBe(0);
  });
});
