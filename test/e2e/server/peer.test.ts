import { X509Certificate } from 'node:crypto';
import {
  type ConnectionInfo,
  createSender,
  type HandlerContext,
  memoryTransport,
  type Peer,
  type SenderOptions,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { simulate } from 'cmd-stream/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { onePlusOne, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { type Certificates, makeCertificates, makeIdentity } from '../support/certificates.ts';

const { onEnd, sender } = stage();

let known: Certificates;
beforeAll(async () => {
  known = await makeCertificates();
});

type Context = HandlerContext<null, never>;

/** A server that keeps what its handlers and callbacks see. */
async function watched(options: ServerOptions<null> = {}) {
  const contexts: Context[] = [];
  const infos: Record<string, ConnectionInfo[]> = { connection: [], lost: [], done: [], failed: [] };
  const server = await serve(
    calc,
    null,
    {
      Add: ({ a, b }, context) => {
        contexts.push(context);
        return a + b;
      },
      Countdown: ({ from: n }) => ({ n, last: true }),
      Echo: (text) => text,
      Find: ({ key }) => ({ type: 'Missing' as const, value: { key } }),
      Fail: ({ message }) => {
        throw new Error(message);
      },
      Wait: () => 1,
    },
    {
      onConnection: (info) => infos.connection?.push(info),
      onConnectionLost: (info) => infos.lost?.push(info),
      onCommandDone: (info) => infos.done?.push(info),
      onHandlerError: (_error, info) => infos.failed?.push(info),
      ...options,
    },
  );
  onEnd(() => server.close());
  return { server, contexts, infos };
}

/** The peer as a handler sees it, of one Command of a client. */
async function peerOf(options: ServerOptions<null>, client: Partial<SenderOptions> = {}): Promise<Peer> {
  const { server, contexts } = await watched(options);
  const from = await sender({ address: server.address, ...client });
  await from.send(onePlusOne);
  const [context] = contexts;
  expect(context?.remoteAddress).toBe(`${context?.peer.address}:${context?.peer.port}`);
  await from.close();
  return context?.peer as Peer;
}

describe('context.peer', () => {
  it('tells the address of a TCP client', async () => {
    const peer = await peerOf({});
    expect({ ...peer }).toEqual({
      address: '127.0.0.1',
      port: expect.any(Number),
      tls: false,
      serverName: undefined,
      certificate: undefined,
      metadata: {},
    });
    expect(peer.port).toBeGreaterThan(0);
  });

  it('tells the address of a client over IPv6 without brackets', async () => {
    const { server, contexts } = await watched({ host: '::1' });
    await (await sender({ address: server.address })).send(onePlusOne);
    expect(contexts[0]?.peer.address).toBe('::1');
  });

  it('tells the address of a client in memory', async () => {
    const transport = memoryTransport();
    const peer = await peerOf({ transport, host: 'calc', port: 1 }, { transport, address: 'calc:1' });
    expect(peer).toMatchObject({ address: 'calc', tls: false, certificate: undefined, serverName: undefined });
    expect(peer.port).toBeGreaterThan(0);
  });

  it('tells the machine of a client in a simulated network', async () => {
    const { value } = await simulate(1, async (world) => {
      const peers: Peer[] = [];
      const { Add, ...others } = { Add: (_: unknown, { peer }: Context) => peers.push(peer) };
      const handlers = { ...others, Countdown: () => undefined, Echo: String, Find: () => undefined, Fail: Number };
      await world.serve(calc, () => null, { ...handlers, Wait: Number, Add } as never, { host: 'a' });
      const from = await world.createSender(calc, { address: 'a:9000' });
      await from.send(onePlusOne);
      return peers;
    });
    expect(value).toHaveLength(1);
    expect(value[0]).toMatchObject({ address: 'client', tls: false, certificate: undefined });
  });

  it('tells TLS, and that no certificate was asked for', async () => {
    const peer = await peerOf({ tls: known.server }, { tls: { ca: known.ca, servername: 'localhost' } });
    expect(peer).toMatchObject({ address: '127.0.0.1', serverName: 'localhost', certificate: undefined });
    expect(peer.tls).toEqual({ protocol: 'TLSv1.3', cipher: expect.stringMatching(/^TLS_AES_/), authorized: false });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'tells the certificate of a client of mutual TLS, also once it has gone: %s',
    async (version) => {
      const { server, contexts, infos } = await watched({
        tls: { ...known.server, ca: known.ca, requestCert: true, minVersion: version },
      });
      const from = await sender({ address: server.address, tls: { ...known.client, ca: known.ca } });
      await from.send(onePlusOne);
      const peer = contexts[0]?.peer as Peer;
      await from.close();
      await soon(() => server.connections).toBe(0);
      expect(peer.tls).toMatchObject({ authorized: true });
      const certificate = new X509Certificate(known.client.cert);
      expect(peer.certificate).toMatchObject({
        subject: { CN: 'client' },
        issuer: { CN: expect.stringMatching(/^test authority/) },
        subjectAltNames: ['DNS:client', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1'],
        fingerprint256: certificate.fingerprint256,
        serialNumber: certificate.serialNumber,
        validFrom: new Date(certificate.validFrom),
        validTo: new Date(certificate.validTo),
        raw: certificate.raw,
      });
      expect(peer.certificate, 'read once').toBe(peer.certificate);
      expect(infos.lost?.[0]?.peer, 'one object for all').toBe(peer);
    },
  );

  it('tells two clients of one server apart', async () => {
    const other = await makeIdentity(known, { name: 'other', usage: 'clientAuth' });
    const { server, contexts } = await watched({ tls: { ...known.server, ca: known.ca, requestCert: true } });
    for (const identity of [known.client, other]) {
      await (await sender({ address: server.address, tls: { ...identity, ca: known.ca } })).send(onePlusOne);
    }
    expect(contexts.map(({ peer }) => peer.certificate?.subject.CN)).toEqual(['client', 'other']);
    expect(contexts[1]?.peer.certificate?.subjectAltNames).toEqual(['DNS:other']);
  });
});

describe('what callbacks are told of a connection', () => {
  it('is the same object for all of them, and for handlers', async () => {
    const { server, contexts, infos } = await watched();
    const from = await sender({ address: server.address });
    await from.send(onePlusOne);
    await from.send(calc.Fail({ message: 'no' })).catch(() => {});
    await from.close();
    await soon(() => infos.lost?.length).toBe(1);
    const [context] = contexts;
    for (const told of Object.values(infos).flat()) {
      expect(told.peer).toBe(context?.peer);
      expect(told.connection).toBe(context?.connection);
    }
    expect(Object.values(infos).map(({ length }) => length)).toEqual([1, 1, 2, 1]);
  });
});

describe('context.connection', () => {
  it('numbers the connections of a server, and keeps what belongs to one of them', async () => {
    const { server, contexts } = await watched({
      onConnection: ({ connection }) => {
        connection.state.greeted = connection.id;
      },
    });
    const [one, two] = [await sender({ address: server.address }), await sender({ address: server.address })];
    await one.send(onePlusOne);
    const { connection } = contexts[0] as Context;
    connection.state.count = 1;
    await one.send(onePlusOne);
    await two.send(onePlusOne);
    expect(contexts.map(({ connection: { id, state } }) => [id, { ...state }])).toEqual([
      [1, { greeted: 1, count: 1 }],
      [1, { greeted: 1, count: 1 }],
      [2, { greeted: 2 }],
    ]);
    expect(connection.state.constructor, 'no object of the language is in it').toBeUndefined();
  });

  it('begins anew with a new connection', async () => {
    const { server, contexts } = await watched();
    for (let round = 0; round < 2; round++) {
      await using from = await createSender(calc, { address: server.address });
      await from.send(onePlusOne);
      const context = contexts.at(-1) as Context;
      expect({ ...context.connection.state }).toEqual({});
      context.connection.state.round = round;
    }
  });
});
