import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import nodeTls from 'node:tls';
import { CmdStreamError, createSender, type Peer, type SenderOptions, type ServerOptions, serve } from 'cmd-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { freePort, listenOn } from '../../support/ports.ts';
import { calc } from '../support/calc.ts';
import { type Certificates, makeCertificates, makeIdentity, makeSelfSigned } from '../support/certificates.ts';
import { failureOf, onePlusOne, soon, stage } from './stage.ts';

const { silentServer, onEnd } = stage();
/** Where what is tried is to fail by itself, not by the time that it takes. */
const PATIENT_MS = 60_000;

let known: Certificates;
beforeAll(async () => {
  known = await makeCertificates();
});

/** Why a client could not connect. */
async function reasonOf(options: SenderOptions): Promise<CmdStreamError> {
  const error = await failureOf(createSender(calc, { reconnect: false, handshakeTimeoutMs: PATIENT_MS, ...options }));
  expect(error).toMatchObject({ code: 'unavailable', mayHaveExecuted: false, cause: expect.any(CmdStreamError) });
  const cause = error.cause as CmdStreamError;
  expect(cause.message, 'OpenSSL has its say').not.toMatch(/error:0A|routines|\.c:\d|\n/);
  return cause;
}

async function listening(server: Server): Promise<string> {
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  return `127.0.0.1:${await listenOn(server)}`;
}

/** A service that greets, in pieces where there are several, and then waits for what it is used to. */
const greeting = (...pieces: string[]) =>
  listening(
    createServer(async (socket) => {
      socket.on('error', () => {}).resume();
      for (const piece of pieces) {
        socket.write(Buffer.from(piece, 'latin1'));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }),
  );

/** A server of the library's, and what it reports. */
async function served(options: ServerOptions = {}) {
  const lost: (CmdStreamError | undefined)[] = [];
  const refused: CmdStreamError[] = [];
  const peers: (Peer | undefined)[] = [];
  const server = await serve(
    calc,
    null,
    {
      Add: ({ a, b }) => a + b,
      Countdown: ({ from: n }) => ({ n, last: true }),
      Echo: (text) => text,
      Find: ({ key }) => ({ type: 'Missing', value: { key } }),
      Fail: ({ message }) => {
        throw new Error(message);
      },
      Wait: () => 0,
    },
    {
      onConnectionLost: ({ error }) => lost.push(error),
      onAcceptError: (error, peer) => {
        refused.push(error);
        peers.push(peer);
      },
      ...options,
    },
  );
  onEnd(() => server.close());
  return { server, lost, refused, peers };
}

/** What a client is told whose certificate a server of Node's refuses: that gives no reason, neither before TLS is set up nor after. */
const REFUSED = /refuse the certificate from here, or want one\?$|another client certificate\?$/;

describe('a client at the port of another service', () => {
  it.each([
    ['an HTTP server', ['HTTP/1.1 408 Request Timeout\r\n\r\n']],
    ['an SSH server', ['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n']],
    ['an SSH server', ['SS', 'H-', '2.0-x\r\n']],
    ['a Redis server', ['-ERR max number of clients reached\r\n']],
    ['a Redis or POP3 server', ['+OK\r\n']],
    ['a mail or FTP server', ['220 mail.example.com ESMTP\r\n']],
    ['a MySQL server', ['\x4a\0\0\0\n8.0.36\0\x08\0\0\0']],
    ['another service', ['hello, \x41 who is there?\r\n']],
  ])('A9: is told at once what it looks like: %s %j', async (name, pieces) => {
    const address = await greeting(...pieces);
    const error = await reasonOf({ address });
    expect(error).toMatchObject({ code: 'protocol-error' });
    expect(error.message).toContain(`${address} is no cmd-stream server: it looks like ${name} ('`);
  });

  it('A9: is told at once by an alert that it is a port of TLS', async () => {
    const error = await reasonOf({ address: await greeting('\x15\x03\x03\0\x02\x02\x28') });
    expect(error).toMatchObject({ code: 'protocol-error' });
    expect(error.message).toMatch(/^127.*:\d+ speaks TLS: give the option 'tls'$/);
  });

  it('A9: is told in time what may be the matter where nothing comes: TLS, HTTP, silence', async () => {
    const { server } = await served({ tls: known.server });
    const http = await listening(createHttpServer());
    const { address: silent } = await silentServer();
    for (const address of [server.address, http, silent]) {
      const error = await reasonOf({ address, handshakeTimeoutMs: 200 });
      expect(error).toMatchObject({
        code: 'handshake-timeout',
        message: `connected to ${address}, but no ServerInfo came within 200 ms (option 'handshakeTimeoutMs'): is it a cmd-stream server, does it speak TLS?`,
      });
    }
  });

  it('A9: is told what may be the matter where the connection is closed', async () => {
    const address = await listening(createServer((socket) => socket.end()));
    const error = await reasonOf({ address });
    expect(error.message).toMatch(/closed the connection during the handshake; no ServerInfo came: is it .*TLS\?$/);
  });

  it('A9: takes nobody for a stranger that introduces itself as expected', async () => {
    for (const serverInfo of [`TTP/1.1 ${'x'.repeat(64)}`, `SH-2.0${'-'.repeat(77)}`, '\x03\x03 as of TLS 1.2....']) {
      const { server } = await served({ serverInfo });
      const sender = await createSender(calc, { address: server.address, serverInfo });
      expect(await sender.send(onePlusOne)).toBe(2);
      await sender.close();
    }
  });
});

describe('a client of TLS', () => {
  const tls = () => ({ ca: known.ca });

  it('A10: at a plain port is told so, and the server what it was asked', async () => {
    const { server, lost } = await served();
    const error = await reasonOf({ address: server.address, tls: tls() });
    expect(error).toMatchObject({ code: 'connect-failed' });
    expect(error.message).toMatch(
      new RegExp(`^cannot connect to ${server.address}: ${server.address} does not speak TLS \\([a-z ]+\\)$`),
    );
    await soon(() => lost.length).toBe(1);
    expect(lost[0]).toMatchObject({ code: 'protocol-error' });
    expect(lost[0]?.message).toMatch(/^127.*:\d+ sent what looks like TLS, which this server does not speak here$/);
  });

  it('A10: at a silent port is told in time how far it came', async () => {
    const { address } = await silentServer();
    const error = await reasonOf({ address, tls: tls(), handshakeTimeoutMs: 200 });
    expect(error).toMatchObject({ code: 'handshake-timeout' });
    expect(error.message).toMatch(/^connected to 127.*, but TLS was not set up within 200 ms .*does it speak TLS\?$/);
  });

  it('A10: is told why the certificate of the server is refused', async () => {
    const [expired, other] = [
      await makeIdentity(known, { expired: true }),
      await makeIdentity(known, { name: 'other' }),
    ];
    const { ca: strangeCa } = await makeCertificates();
    const cases: [ServerOptions['tls'], string, string, RegExp][] = [
      [expired, known.ca, 'CERT_HAS_EXPIRED', /the certificate is refused: it has expired \(CERT_HAS_EXPIRED\)$/],
      [other, known.ca, 'ERR_TLS_CERT_ALTNAME_INVALID', /is refused: it is for another name .*'tls.servername'.*other/],
      [known.server, strangeCa, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', /its authority is not among those of 'tls.ca' \(/],
    ];
    for (const [identity, ca, code, message] of cases) {
      const { server } = await served({ tls: identity });
      const error = await reasonOf({ address: server.address, tls: { ca, servername: 'localhost' } });
      expect(error).toMatchObject({ code: 'connect-failed', cause: { code } });
      expect(error.message).toMatch(message);
    }
  });

  it.each([
    ['TLSv1.2', 'before there is an alert of its own for it'],
    ['TLSv1.3', 'once the client takes TLS for set up'],
  ] as const)(
    'A10: that shows no certificate, or a refused one, is named at both ends: %s, %s',
    async (version, _when) => {
      const { client: stranger } = await makeCertificates();
      const expired = await makeIdentity(known, { expired: true, usage: 'clientAuth' });
      const alone = await makeSelfSigned('alone');
      const { server, refused, peers } = await served({ tls: { ...known.server, ca: known.ca, requestCert: true } });
      const cases: [object, RegExp, string | undefined, RegExp][] = [
        [
          {},
          /could not be accepted: \S+ showed no client certificate$/,
          undefined,
          /want a client certificate\?$|required$/,
        ],
        [
          stranger,
          /the client's certificate is refused: its authority is not among those of 'tls.ca' \(.*CN=client,/,
          'client',
          REFUSED,
        ],
        [expired, /is refused: it has expired \(CERT_HAS_EXPIRED\); it is of CN=localhost,/, 'localhost', REFUSED],
        [alone, /it is self-signed, .* \(DEPTH_ZERO_SELF_SIGNED_CERT\); it is of CN=alone,/, 'alone', REFUSED],
      ];
      const { DEFAULT_MAX_VERSION } = nodeTls;
      nodeTls.DEFAULT_MAX_VERSION = version;
      onEnd(() => {
        nodeTls.DEFAULT_MAX_VERSION = DEFAULT_MAX_VERSION;
      });
      for (const [identity, atServer, name, atClient] of cases) {
        const before = refused.length;
        const error = await reasonOf({ address: server.address, tls: { ...tls(), ...identity } });
        expect(error.message).toMatch(atClient);
        await soon(() => refused.length).toBe(before + 1);
        const peer = peers.at(-1);
        expect(refused.at(-1)?.message).toMatch(atServer);
        expect(refused.at(-1)?.message).toContain(`127.0.0.1:${peer?.port}`);
        expect(peer).toMatchObject({ address: '127.0.0.1' });
        expect(peer?.certificate?.subject.CN).toBe(name);
      }
    },
  );

  const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!hasOpenssl)('A10: is told by an alert that its certificate is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-tls-'));
    onEnd(() => rm(folder, { recursive: true, force: true }));
    const files = { 'ca.pem': known.ca, 'cert.pem': known.server.cert, 'key.pem': known.server.key };
    for (const [name, pem] of Object.entries(files)) await writeFile(join(folder, name), pem);
    const port = await freePort();
    const args = ['-accept', `127.0.0.1:${port}`, '-cert', 'cert.pem', '-key', 'key.pem', '-CAfile', 'ca.pem'];
    const child = spawn('openssl', ['s_server', ...args, '-Verify', '1', '-verify_return_error', '-quiet'], {
      cwd: folder,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const ended = once(child, 'exit');
    onEnd(() => {
      child.kill('SIGKILL');
      return ended;
    });
    await soon(async () => {
      const socket = connect(port, '127.0.0.1');
      const [isThere] = await Promise.race([
        once(socket, 'connect').then(() => [true]),
        once(socket, 'error').then(
          () => [false],
          () => [false],
        ),
      ]).catch(() => [false]);
      socket.destroy();
      return isThere;
    }).toBe(true);
    const error = await reasonOf({ address: `127.0.0.1:${port}`, tls: tls() });
    expect(error).toMatchObject({ code: 'connect-failed', cause: { code: expect.stringMatching(/^ERR_SSL_/) } });
    expect(error.message).toMatch(/refuses the certificate from here: certificate required$/);
  });
});

describe('a server at whose port another client comes', () => {
  it.each([
    ['an HTTP request', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n'],
    ['an HTTP/2 request', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an SSH client', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['the PROXY protocol of a load balancer', 'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'],
    ['the PROXY protocol of a load balancer', '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c'],
    ['a Redis client', '*1\r\n$4\r\nPING\r\n'],
  ])('A10: reports what it looks like: %s', async (name, text) => {
    const { server, lost } = await served();
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    socket.resume().write(Buffer.from(text, 'latin1'));
    await once(socket, 'close');
    await soon(() => lost.length).toBe(1);
    expect(lost[0]).toMatchObject({ code: 'protocol-error' });
    expect(lost[0]?.message).toContain(` sent what looks like ${name} (`);
  });

  it('A10: reports an HTTP request at a port of TLS', async () => {
    const { server, refused } = await served({ tls: known.server });
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    socket.resume().write('GET / HTTP/1.1\r\n\r\n');
    await once(socket, 'close');
    await soon(() => refused.length).toBe(1);
    expect(refused[0]).toMatchObject({ cause: { code: 'ERR_SSL_HTTP_REQUEST' } });
    expect(refused[0]?.message).toMatch(/could not be accepted: 127\.0\.0\.1:\d+ does not speak TLS \(http request\)$/);
  });
});
