import { createServer } from 'node:net';
import { type Codec, createSender, msgpack, serve } from 'cmd-stream';
import { lengthPrefixed } from 'cmd-stream/codec';
import { expect, it } from 'vitest';
import { listenOn } from '../../support/ports.ts';
import { deadAddress, failureOf, onePlusOne, sleep, stage, timed } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { makeCertificates } from '../support/certificates.ts';
import { LeakWatch } from '../support/leaks.ts';
import { answers } from './support.ts';

const { peer, sender, silentServer, onEnd, expectWarning } = stage();

/** Handlers of a server to which nothing is sent. */
const idle = () => {
  throw new Error('nothing was to be sent');
};
const nothing = { Add: idle, Countdown: idle, Echo: idle, Find: idle, Fail: idle, Wait: idle };

/** What is left of a createSender that failed; what it takes longer than the failure itself counts. */
function watch(): () => Promise<string[]> {
  const leaks = new LeakWatch();
  onEnd(() => leaks.stop());
  return async () => (await leaks.whatIsLeft(0)).filter((left) => left.startsWith('timer'));
}

it('resolves once a client is ready, and does not wait for the others', async () => {
  const server = await peer(answers);
  const silent = await silentServer();
  const client = await sender({ address: [server.address, silent.address], clients: 2 });
  expect(client.status).toMatchObject({ state: 'degraded', ready: 1, size: 2 });
  expect(await client.send(onePlusOne)).toBe(2);
});

it('resolves at once where it is lazy, and its sender connects by itself', async () => {
  const server = await peer(answers);
  const client = await sender({ address: server.address, lazy: true });
  expect(client.status.state).toBe('starting');
  expect(await client.send(onePlusOne)).toBe(2);
});

it('is lazy also where nobody listens', async () => {
  const client = await sender({ address: await deadAddress(), lazy: true });
  await expect.poll(() => client.status.state).toBe('unavailable');
  await client.close();
});

it('rejects when the first attempt of every client has failed, and leaves nothing running', async () => {
  const left = watch();
  const address = await deadAddress();
  const error = await failureOf(createSender(calc, { address, clients: 3 }));
  expect(error).toMatchObject({ code: 'unavailable', cause: { code: 'connect-failed' } });
  expect(error.message).toMatch(new RegExp(`^no client could connect: .*${address}.*ECONNREFUSED`));
  expect(await left()).toEqual([]);
});

it('rejects when the server says nothing, in time, and leaves nothing running', async () => {
  const left = watch();
  const silent = await silentServer();
  const tookMs = await timed(async () => {
    const error = await failureOf(createSender(calc, { address: silent.address, handshakeTimeoutMs: 60 }));
    expect(error).toMatchObject({ code: 'unavailable', cause: { code: 'handshake-timeout' } });
  });
  expect(tookMs).toBeLessThan(2_000);
  expect(await left()).toEqual([]);
  await expect.poll(() => silent.connections.size).toBe(0);
  expect(silent.accepted).toBe(1);
});

it('rejects at once for a server with another ServerInfo, and does not try again', async () => {
  const left = watch();
  const server = await peer({ serverInfo: 'another' });
  const error = await failureOf(createSender(calc, { address: server.address, reconnect: { initialMs: 1 } }));
  expect(error).toMatchObject({ code: 'server-info-mismatch' });
  expect(error.message).toMatch(/introduced itself as 'another'; expected 'default' \(option 'serverInfo'\)/);
  expect(await left()).toEqual([]);
  await sleep(30);
  expect(server.accepted).toBe(1);
});

it('rejects when the address function fails, and leaves nothing running', async () => {
  const left = watch();
  expectWarning('the address resolver failed: no registry');
  const error = await failureOf(
    createSender(calc, { address: () => Promise.reject(new Error('no registry')), handshakeTimeoutMs: 500 }),
  );
  expect(error).toMatchObject({ code: 'unavailable' });
  expect(error.message).toContain('no registry');
  expect(await left()).toEqual([]);
});

it('rejects soon when checkServerIdentity throws, with what it threw among the causes', async () => {
  const { ca, server: identity } = await makeCertificates();
  const server = await serve(calc, undefined, nothing, { tls: identity });
  onEnd(() => server.close());
  const left = watch();
  const thrown = new Error('no such fingerprint');
  const checkServerIdentity = () => {
    throw thrown;
  };
  const tookMs = await timed(async () => {
    const error = await failureOf(createSender(calc, { address: server.address, tls: { ca, checkServerIdentity } }));
    expect(error).toMatchObject({ code: 'unavailable' });
    const causes = [error.cause];
    while (causes[0] instanceof Error) causes.unshift(causes[0].cause);
    expect(causes).toContain(thrown);
  });
  expect(tookMs).toBeLessThan(2_000);
  expect(await left()).toEqual([]);
});

it('rejects where TLS was asked for and the server speaks none, with a message of one line, though OpenSSL breaks it', async () => {
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end('220 smtp ready\r\n'),
  );
  const port = await listenOn(server);
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  const error = await failureOf(createSender(calc, { address: `127.0.0.1:${port}`, tls: true }));
  expect(error).toMatchObject({ code: 'unavailable', cause: { code: 'connect-failed' } });
  expect(error.message).toMatch(/^no client could connect: cannot connect to .* does not speak TLS \([a-z ]+\)$/);
  expect(error.message).not.toContain('\n');
});

it.each([undefined, null, {}, { encode: () => undefined }, lengthPrefixed])(
  'rejects, as serve does, for a codec that makes no coder: %s',
  async (coder) => {
    const codec = { name: 'own', bind: () => coder } as unknown as Codec;
    for (const made of [
      createSender(calc, { address: 'localhost:1', codec }),
      serve(calc, undefined, nothing, { codec }),
    ]) {
      const error = await failureOf(made);
      expect(error.code).toBe('invalid-argument');
      expect(error.message).toMatch(
        /^option 'codec' must have a bind\(\) that gives an object with encode\(\) and decode\(\); got/,
      );
    }
  },
);

it('rejects, as serve does, for a format that is none, and not at the first send', async () => {
  const codec = lengthPrefixed('own', () => ({ write: () => undefined }) as never);
  for (const made of [
    createSender(calc, { address: 'localhost:1', codec }),
    serve(calc, undefined, nothing, { codec }),
  ]) {
    const error = await failureOf(made);
    expect(error.code).toBe('invalid-argument');
    expect(error.message).toMatch(/^makeFormat of the codec 'own' must give an object with write\(\) and read\(\)/);
  }
});

it('rejects for a codec that refuses the protocol, before anything is started', async () => {
  const left = watch();
  const server = await peer(answers);
  const codec: Codec = {
    name: 'own',
    bind: () => {
      throw new Error('no schema for Add');
    },
  };
  const error = await failureOf(createSender(calc, { address: server.address, codec }));
  expect(error).toMatchObject({ code: 'invalid-argument', cause: { message: 'no schema for Add' } });
  expect(error.message).toBe(`option 'codec' does not take the protocol's types: no schema for Add`);
  expect(await left()).toEqual([]);
  expect(server.accepted).toBe(0);
  const refused = await failureOf(serve(calc, undefined, nothing, { codec }));
  expect(refused).toMatchObject({ code: 'invalid-argument', message: error.message, cause: error.cause });
  expect(await (await sender({ address: server.address, codec: msgpack() })).send(onePlusOne)).toBe(2);
});
