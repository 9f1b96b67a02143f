import { createPrivateKey } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type TlsTransportOptions, tlsTransport } from '../../../../src/wire/transport/tls.ts';
import { type Certificates, makeCertificates } from '../../../e2e/support/certificates.ts';
import { expectNothingLeft } from '../../../e2e/support/leaks.ts';
import { OwnTime } from '../../../support/own-time.ts';
import { accepting, connecting, rejection, sleep, until } from './support.ts';

expectNothingLeft();

let known: Certificates;
let stranger: Certificates;
beforeAll(async () => {
  [known, stranger] = await Promise.all([makeCertificates(), makeCertificates()]);
});

/** Lets a server listen on a free port until the test is over. */
async function listenOn(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return (server.address() as AddressInfo).port;
}

/** A thenable that throws where it is awaited, and something that throws whatever is asked of it. */
function cannotBeAwaited(): object {
  // biome-ignore lint/suspicious/noThenProperty: that is what is tried.
  return { then: () => cannotBeAsked().valueOf() };
}
function cannotBeAsked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

describe('a client', () => {
  test('refuses a server whose authority it does not know', async () => {
    const { listener, accepted, errors } = await accepting(tlsTransport({ server: known.server }));
    const attempt = connecting(tlsTransport({ client: { ca: stranger.ca } }), listener.address);
    expect(await rejection(attempt)).toMatchObject({ code: expect.stringMatching(/CERT|ISSUER|LEAF_SIGNATURE/) });
    await until(() => errors.length + accepted.length > 0, 'the listener to notice');
    await sleep(5);
    expect(accepted.filter(({ closes }) => closes.length === 0)).toEqual([]);
  });

  test('refuses the authorities that come with Node when it is told no other, as no test certificate is theirs', async () => {
    const { listener } = await accepting(tlsTransport({ server: known.server }));
    const attempt = connecting(tlsTransport(), listener.address);
    expect(await rejection(attempt)).toMatchObject({ code: expect.stringMatching(/CERT|ISSUER|LEAF_SIGNATURE/) });
  });

  test('takes any server with rejectUnauthorized: false', async () => {
    const { listener, next } = await accepting(tlsTransport({ server: known.server }));
    await connecting(tlsTransport({ client: { rejectUnauthorized: false } }), listener.address);
    await next();
  });

  test('trusts several authorities', async () => {
    const { listener, next } = await accepting(tlsTransport({ server: known.server }));
    await connecting(tlsTransport({ client: { ca: [stranger.ca, known.ca] } }), listener.address);
    await next();
  });

  test('refuses a certificate for another name, and takes servername for the name', async () => {
    const { listener, next } = await accepting(tlsTransport({ server: known.server }));
    const client = (servername: string) => tlsTransport({ client: { ca: known.ca, servername } });
    expect(await rejection(connecting(client('elsewhere'), listener.address))).toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await connecting(client('localhost'), listener.address);
    await next();
  });

  test('sends the host name of the address as server name, but no IP address, and checks either', async () => {
    const sent: (string | false | null)[] = [];
    const server = createTlsServer(known.server, (socket) => {
      sent.push('servername' in socket ? (socket.servername as string | false) : null);
      socket.on('error', () => {});
    });
    const port = await listenOn(server);
    const checked: string[] = [];
    const checkServerIdentity = (name: string) => {
      checked.push(name);
      return undefined;
    };
    const transport = tlsTransport({ client: { ca: known.ca, checkServerIdentity } });
    await connecting(transport, `localhost:${port}`);
    await connecting(transport, `127.0.0.1:${port}`);
    await until(() => sent.length === 2, 'both connections');
    expect(sent).toEqual(['localhost', false]);
    expect(checked).toEqual(['localhost', '127.0.0.1']);
  });

  test('refuses what checkServerIdentity refuses', async () => {
    const { listener } = await accepting(tlsTransport({ server: known.server }));
    const refusal = new Error('not the one');
    const client = tlsTransport({ client: { ca: known.ca, checkServerIdentity: () => refusal } });
    expect(await rejection(connecting(client, listener.address))).toBe(refusal);
  });

  test('refuses what checkServerIdentity throws at, with what it threw for the cause', async () => {
    const { listener } = await accepting(tlsTransport({ server: known.server }));
    const thrown = new TypeError('cannot read the fingerprint');
    const checkServerIdentity = () => {
      throw thrown;
    };
    const client = tlsTransport({ client: { ca: known.ca, checkServerIdentity } });
    expect(await rejection(connecting(client, listener.address))).toMatchObject({
      message: `option 'tls.checkServerIdentity' threw: cannot read the fingerprint`,
      cause: thrown,
    });
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a boolean', () => false, /got false$/],
    ['null', () => null, /got null$/],
    ['a promise', () => Promise.reject(new Error('too late')), /got a promise$/],
    ['a promise that cannot be awaited', cannotBeAwaited, /got a promise$/],
    ['what cannot be asked', cannotBeAsked, /got a promise$/],
  ])('refuses where checkServerIdentity gives no answer: %s', async (_what, answer, got) => {
    const { listener } = await accepting(tlsTransport({ server: known.server }));
    const checkServerIdentity = answer as () => undefined;
    const client = tlsTransport({ client: { ca: known.ca, checkServerIdentity } });
    const { message } = await rejection(connecting(client, listener.address));
    expect(message).toMatch(/'tls.checkServerIdentity' must return an Error or undefined/);
    expect(message).toMatch(got);
  });

  test('rejects when the other side is no TLS server', async () => {
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end('220 smtp ready\r\n'),
    );
    const port = await listenOn(server);
    const error = await rejection(connecting(tlsTransport(), `127.0.0.1:${port}`));
    expect(error.code).toMatch(/^ERR_SSL_|^EPROTO|^ECONNRESET/);
  });

  test('rejects when the other side closes in the middle of the handshake', async () => {
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .resume()
        .end(),
    );
    const port = await listenOn(server);
    expect(await rejection(connecting(tlsTransport(), `127.0.0.1:${port}`))).toMatchObject({ code: 'ECONNRESET' });
  });

  test('gives up in the middle of the handshake when its signal fires, and leaves no socket behind', async () => {
    let open = 0;
    const server = createServer((socket) => {
      open++;
      socket
        .on('error', () => {})
        .on('close', () => open--)
        .resume();
    });
    const address = `127.0.0.1:${await listenOn(server)}`;
    const abort = new AbortController();
    const reason = new Error('handshake takes too long');
    const attempt = tlsTransport().connect(address, abort.signal);
    await until(() => open === 1, 'the TCP connection');
    abort.abort(reason);
    expect(await rejection(attempt)).toBe(reason);
    await until(() => open === 0, 'the TCP connection to be closed');
  });
});

describe('a server', () => {
  test('that wants client certificates refuses a client without one, tells it, and goes on', async () => {
    const { ca, server, client } = known;
    const { listener, accepted, errors, next } = await accepting(
      tlsTransport({ server: { ca, ...server, requestCert: true } }),
    );
    for (const identity of [{}, stranger.client]) {
      const before = errors.length;
      // With TLS 1.3 the client is done before the server has looked at its certificate, and learns of it by the close.
      const refused = await connecting(tlsTransport({ client: { ca, ...identity } }), listener.address).then(
        (recorder) => recorder.open(),
        () => undefined,
      );
      if (refused !== undefined) await until(() => refused.closes.length > 0, 'the client to be closed');
      await until(() => errors.length > before, 'the error to be told');
    }
    expect(accepted).toEqual([]);
    await connecting(tlsTransport({ client: { ca, ...client } }), listener.address);
    await next();
    expect(errors.length).toBe(2);
  });

  test('does not ask for client certificates unless it is told to', async () => {
    const { listener, next } = await accepting(tlsTransport({ server: { ca: known.ca, ...known.server } }));
    await connecting(tlsTransport({ client: { ca: known.ca } }), listener.address);
    await next();
  });

  test('refuses what is no TLS, tells it, and goes on', async () => {
    const { listener, errors, accepted, next } = await accepting(tlsTransport({ server: known.server }));
    const socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1').on('error', () => {});
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await closed;
    await until(() => errors.length === 1, 'the error');
    expect(accepted).toEqual([]);
    await connecting(tlsTransport({ client: { ca: known.ca } }), listener.address);
    await next();
  });

  test('closes a connection whose handshake takes longer than handshakeTimeoutMs', async () => {
    const { listener, errors } = await accepting(tlsTransport({ server: known.server }), { handshakeTimeoutMs: 50 });
    const start = performance.now();
    using time = new OwnTime();
    const socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1').resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(performance.now() - start).toBeGreaterThan(45);
    expect(time.ms).toBeLessThan(1000);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_TLS_HANDSHAKE_TIMEOUT' })]);
  });

  test('leaves a connection alone once its handshake is done in time', async () => {
    const { listener, next } = await accepting(tlsTransport({ server: known.server }), { handshakeTimeoutMs: 50 });
    await connecting(tlsTransport({ client: { ca: known.ca } }), listener.address);
    const server = await next();
    await sleep(120);
    expect(server.closes).toEqual([]);
  });

  test('breaks off handshakes when it closes: no connection comes any more, and no error', async () => {
    const transport = tlsTransport({ server: known.server });
    const { listener, accepted, errors, next } = await accepting(transport, { handshakeTimeoutMs: 60_000 });
    const client = (await connecting(tlsTransport({ client: { ca: known.ca } }), listener.address)).open();
    await next();
    const socket = connect(Number(listener.address.split(':')[1]), '127.0.0.1').resume();
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await new Promise((resolve) => socket.once('connect', resolve));
    // The listener must have accepted it.
    await sleep(20);
    await listener.close();
    await closed;
    await sleep(5);
    expect(accepted.length).toBe(1);
    expect(errors).toEqual([]);
    expect(client.closes).toEqual([]);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'speaks %s and, where it is the least, nothing older',
    async (minVersion) => {
      const { listener, errors } = await accepting(tlsTransport({ server: { ...known.server, minVersion } }));
      const port = Number(listener.address.split(':')[1]);
      const socket = connectTls({ port, host: '127.0.0.1', ca: known.ca, maxVersion: 'TLSv1.2' });
      onTestFinished(() => void socket.destroy());
      const spoken = await new Promise((resolve) => {
        socket.on('secureConnect', () => resolve(socket.getProtocol())).on('error', () => resolve('nothing'));
      });
      expect(spoken).toBe(minVersion === 'TLSv1.2' ? 'TLSv1.2' : 'nothing');
      if (minVersion === 'TLSv1.3') await until(() => errors.length === 1, 'the error');
    },
  );

  test('takes an encrypted key with its passphrase', async () => {
    const key = createPrivateKey(known.server.key)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
    const server = { cert: known.server.cert, key, passphrase: 'secret' };
    const { listener, next } = await accepting(tlsTransport({ server }));
    await connecting(tlsTransport({ client: { ca: known.ca } }), listener.address);
    await next();
    expect(() => tlsTransport({ server: { ...server, passphrase: 'wrong' } })).toThrow(
      /the TLS options cannot be used/,
    );
  });
});

describe('options', () => {
  test('without server options the transport cannot listen', async () => {
    expect(await rejection(accepting(tlsTransport()))).toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(`option 'server'`),
    });
  });

  test('may be undefined, which is as if they were left out', async () => {
    const both = { ca: undefined, passphrase: undefined, minVersion: undefined, ciphers: undefined };
    const server = { ...both, ...known.server, requestCert: undefined };
    const { listener, next } = await accepting(tlsTransport({ server, client: undefined }));
    const client = {
      ...both,
      ca: known.ca,
      cert: undefined,
      key: undefined,
      servername: undefined,
      rejectUnauthorized: undefined,
      checkServerIdentity: undefined,
    };
    await connecting(tlsTransport({ client, server: undefined }), listener.address);
    await next();
    const stranger = tlsTransport({ client: { ...client, ca: undefined } });
    expect(await rejection(connecting(stranger, listener.address))).toMatchObject({
      code: expect.stringMatching(/CERT|ISSUER|LEAF/),
    });
  });

  const wrong: [string, () => unknown, RegExp][] = [
    ['an unknown name', () => ({ tls: {} }), /tlsTransport\(\) has no option 'tls'; it accepts 'client', 'server'/],
    ['an unknown client option', () => ({ client: { requestCert: true } }), /a TLS client has no option 'requestCert'/],
    [
      'an unknown server option',
      () => ({ server: { ...known.server, servername: 'x' } }),
      /has no option 'servername'/,
    ],
    ['no object', () => ({ client: 'x' }), /the options of a TLS client must be an object; got "x"/],
    ['a server without certificate', () => ({ server: { key: known.server.key } }), /option 'tls.cert' must be given/],
    ['a server without key', () => ({ server: { cert: known.server.cert } }), /option 'tls.key' must be given/],
    [
      'a client key without certificate',
      () => ({ client: { key: known.client.key } }),
      /'tls.cert' must be given together/,
    ],
    [
      'a client certificate without key',
      () => ({ client: { cert: known.client.cert } }),
      /'tls.key' must be given together/,
    ],
    [
      'requestCert without ca',
      () => ({ server: { ...known.server, requestCert: true } }),
      /option 'tls.ca' must be given/,
    ],
    [
      'a file name for a certificate',
      () => ({ client: { ca: './ca.pem' } }),
      /'tls.ca' must be PEM .*got a string that is no PEM$/,
    ],
    [
      'a Buffer for a key',
      () => ({ server: { ...known.server, key: Buffer.from('x') } }),
      /got a Buffer that is no PEM$/,
    ],
    ['a passphrase that is no text', () => ({ client: { passphrase: 5 } }), /'tls.passphrase' .*got a number$/],
    ['a number among authorities', () => ({ client: { ca: [known.ca, 1] } }), /'tls.ca' must be PEM .*got a number$/],
    [
      'a key of another certificate',
      () => ({ server: { ...known.server, key: stranger.server.key } }),
      /cannot be used: .*key/,
    ],
    [
      'broken PEM',
      () => ({ client: { ca: '-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----' } }),
      /cannot be used/,
    ],
    [
      'an old version',
      () => ({ client: { minVersion: 'TLSv1' } }),
      /'tls.minVersion' must be 'TLSv1.2' or 'TLSv1.3'; got "TLSv1"/,
    ],
    ['an empty server name', () => ({ client: { servername: '' } }), /'tls.servername' .*got an empty string$/],
    ['unknown ciphers', () => ({ client: { ciphers: 'NONE-SUCH' } }), /the TLS options cannot be used/],
    [
      'a flag that is none',
      () => ({ client: { rejectUnauthorized: 0 } }),
      /'tls.rejectUnauthorized' must be true or false/,
    ],
    ['a check that is no function', () => ({ client: { checkServerIdentity: true } }), /must be a function/],
  ];
  test.each(wrong)('%s is refused', (_what, make, message) => {
    expect(() => tlsTransport(make() as TlsTransportOptions)).toThrow(
      expect.objectContaining({ code: 'invalid-argument', message: expect.stringMatching(message) }),
    );
  });

  test('a refused key is never shown', () => {
    const key = known.server.key.replace('-----BEGIN', '-----begin');
    const made = () => tlsTransport({ server: { cert: known.server.cert, key } });
    expect(made).toThrow(expect.objectContaining({ message: expect.not.stringContaining(key.slice(40, 60)) }));
  });
});
