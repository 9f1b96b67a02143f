import { once } from 'node:events';
import { connect } from 'node:net';
import { runInNewContext } from 'node:vm';
import {
  type Authorize,
  CmdStreamError,
  createSender,
  memoryTransport,
  type Peer,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { RawClient } from './raw-client.ts';

const { onEnd, sender } = stage();

let known: Certificates;
beforeAll(async () => {
  known = await makeCertificates();
});

/** A server that asks, and what it reports. */
async function asking(authorize: unknown, options: ServerOptions<null> = {}) {
  const refused: [CmdStreamError, Peer | undefined][] = [];
  const connected: string[] = [];
  const executed: unknown[] = [];
  const server = await serve(
    calc,
    null,
    {
      Add: ({ a, b }, { connection }) => {
        executed.push({ ...connection.state });
        return a + b;
      },
      Countdown: ({ from: n }) => ({ n, last: true }),
      Echo: (text) => text,
      Find: ({ key }) => ({ type: 'Missing' as const, value: { key } }),
      Fail: () => 0,
      Wait: () => 1,
    },
    {
      authorize: authorize as Authorize,
      onAcceptError: (error, peer) => refused.push([error, peer]),
      onConnection: ({ remoteAddress }) => connected.push(remoteAddress),
      ...options,
    },
  );
  onEnd(() => server.close());
  return { server, refused, connected, executed };
}

/** Why a client does not come in. */
async function reasonOf(address: string, options = {}): Promise<CmdStreamError> {
  const error = await failureOf(createSender(calc, { address, reconnect: false, ...options }));
  expect(error).toMatchObject({ code: 'unavailable', mayHaveExecuted: false, cause: expect.any(CmdStreamError) });
  return error.cause as CmdStreamError;
}

type Then = (resolve: (value: unknown) => void) => void;
const thenable = (then: Then) => Object.fromEntries([['then', then]]);

const foreign = (code: string) => runInNewContext(code) as unknown;

describe('authorize', () => {
  it.each<[string, unknown]>([
    ['true', () => true],
    ['a promise of true', async () => true],
    ['a thenable of true', () => thenable((resolve) => resolve(true))],
    ['a promise of another realm', () => foreign('Promise.resolve(true)')],
  ])('lets a client in by %s', async (_what, authorize) => {
    const { server, refused, connected } = await asking(authorize);
    expect(await (await sender({ address: server.address })).send(onePlusOne)).toBe(2);
    expect(refused).toEqual([]);
    expect(connected).toHaveLength(1);
  });

  it.each<[string, unknown, RegExp]>([
    ['false', () => false, /returned false$/],
    ['a promise of false', async () => false, /returned false$/],
    ['nothing', () => {}, /returned undefined, which is not true$/],
    ['1', () => 1, /returned 1, which is not true$/],
    ['an object', () => ({ allowed: false }), /returned an object, which is not true$/],
    ['a Boolean', () => new Boolean(true), /not true$/],
    ['a promise of an object', async () => ({}), /not true$/],
    ['a promise of another realm', () => foreign('Promise.resolve(false)'), /returned false$/],
    ['a thenable', () => thenable((resolve) => resolve(0)), /returned 0, which is not true$/],
    [
      'a throw',
      () => {
        throw new Error('who is that?');
      },
      /failed: who is that\?$/,
    ],
    [
      'a throw of nothing',
      () => {
        throw undefined;
      },
      /failed: /,
    ],
    [
      'a rejection',
      async () => {
        throw new Error('no directory');
      },
      /failed: no directory$/,
    ],
    [
      'a then that throws',
      () =>
        Object.defineProperty({}, 'then', {
          get() {
            throw new Error('gone');
          },
        }),
      /failed: gone$/,
    ],
    [
      'a then that calls twice',
      () =>
        thenable((resolve) => {
          resolve(false);
          resolve(true);
        }),
      /returned false$/,
    ],
  ])('refuses a client by %s', async (_what, authorize, message) => {
    const { server, refused, connected, executed } = await asking(authorize);
    const error = await reasonOf(server.address);
    expect(error.code).toBe('refused');
    // Why, is the operator's to know.
    expect(error.message).toBe(`${server.address} does not let this client in: its option 'authorize' has refused it`);
    await soon(() => refused.length).toBe(1);
    const [told, peer] = refused[0] as [CmdStreamError, Peer];
    expect(told.code).toBe('refused');
    expect(told.message).toMatch(message);
    expect(told.message).toContain(`127.0.0.1:${peer.port} was not let in: option 'authorize'`);
    expect(peer).toMatchObject({ address: '127.0.0.1', tls: false });
    expect([connected, executed]).toEqual([[], []]);
    await soon(() => server.connections).toBe(0);
  });

  it('tells a client that it refuses nothing at all with goClients', async () => {
    const { server, refused, connected } = await asking(() => false, { goClients: true });
    const error = await reasonOf(server.address);
    expect(error.code).toBe('connection-lost');
    expect(error.message).toContain(`does it refuse this client (option 'authorize')`);
    await soon(() => refused.length).toBe(1);
    expect(refused[0]?.[0].message).toMatch(/returned false$/);
    expect(connected).toEqual([]);
    await soon(() => server.connections).toBe(0);
  });

  it.each([true, false])('refuses a client of which nobody says anything in time; goClients: %s', async (goClients) => {
    const { server, refused } = await asking(() => new Promise(() => {}), { handshakeTimeoutMs: 500, goClients });
    const error = await reasonOf(server.address);
    if (goClients) expect(error.message).toContain(`does it refuse this client (option 'authorize')`);
    else expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining('has refused it') });
    await soon(() => refused.length).toBe(1);
    expect(refused[0]?.[0]).toMatchObject({ code: 'refused' });
    expect(refused[0]?.[0].message).toMatch(/did not answer within 500 ms \(option 'handshakeTimeoutMs'\)$/);
    await soon(() => server.connections).toBe(0);
  });

  it('is not heard once its time is over, whatever it says then', async () => {
    const answers: ((answer: boolean) => void)[] = [];
    const fails: ((error: Error) => void)[] = [];
    const { server, refused, connected } = await asking(
      () =>
        new Promise((resolve, reject) => {
          answers.push(resolve);
          fails.push(reject);
        }),
      { handshakeTimeoutMs: 50 },
    );
    await reasonOf(server.address);
    await reasonOf(server.address);
    answers[0]?.(true);
    fails[1]?.(new Error('late'));
    await soon(() => server.connections).toBe(0);
    expect(refused).toHaveLength(2);
    expect(connected).toEqual([]);
  });

  it.each([
    ['tells it nothing', true, undefined, 'default'],
    ['tells it who serves here only', false, 'default;x1', 'default;x1'],
  ])(
    'executes nothing of a client, %s, and counts it, until it is decided',
    async (_what, goClients, before, after) => {
      let admit: (answer: boolean) => void = () => {};
      let asked = 0;
      const { server, executed } = await asking(
        () => {
          asked++;
          return new Promise<boolean>((resolve) => (admit = resolve));
        },
        { maxConnections: 1, goClients },
      );
      const socket = connect(server.port, '127.0.0.1');
      const client = new RawClient(socket);
      onEnd(() => socket.destroy());
      await once(socket, 'connect');
      client.send(1, 0, { a: 1, b: 1 });
      await soon(() => server.connections).toBe(1);
      // Another one is beyond the bound.
      const other = connect(server.port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      await once(other, 'close');
      await soon(() => asked).toBe(1);
      if (before !== undefined) await client.until(() => client.serverInfo !== undefined);
      expect([executed, client.serverInfo]).toEqual([[], before]);
      admit(true);
      await client.until(() => client.received.length === 1);
      expect(client.serverInfo).toBe(after);
      expect(client.valuesOf(1)).toEqual([2]);
      expect(executed).toHaveLength(1);
    },
  );

  it('decides by the certificate, and leaves what it found with the connection', async () => {
    const { server, refused, executed } = await asking(
      async ({ certificate }: Peer, connection: { state: Record<string, unknown> }) => {
        connection.state.service = certificate?.subject.CN;
        return certificate?.subjectAltNames.includes('DNS:client') === true;
      },
      { tls: { ...known.server, ca: known.ca, requestCert: true } },
    );
    const tls = { ca: known.ca, ...known.client };
    expect(await (await sender({ address: server.address, tls })).send(onePlusOne)).toBe(2);
    expect(executed).toEqual([{ service: 'client' }]);
    expect(refused).toEqual([]);
  });

  it('names the certificate of a client that it refuses', async () => {
    const { server, refused } = await asking(() => false, {
      tls: { ...known.server, ca: known.ca, requestCert: true },
    });
    const error = await reasonOf(server.address, { tls: { ca: known.ca, ...known.client } });
    expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining('has refused it') });
    await soon(() => refused.length).toBe(1);
    expect(refused[0]?.[0].message).toMatch(/127\.0\.0\.1:\d+, with a certificate of CN=client was not let in/);
    expect(refused[0]?.[1]?.certificate?.subject.CN).toBe('client');
  });

  it('is not asked of a client that goes before TLS is set up, of whom nothing is made up', async () => {
    const { server, refused } = await asking(() => true, { tls: { ...known.server, ca: known.ca, requestCert: true } });
    const client = connect(server.port, '127.0.0.1', () => client.end());
    await soon(() => refused.length).toBe(1);
    // It depends on Node whether the address is known still.
    const [[error, peer] = []] = refused;
    expect(error?.message).toMatch(
      /(a client that is gone|127\.0\.0\.1:\d+) closed the connection before TLS was set up/,
    );
    expect([undefined, '127.0.0.1']).toContain(peer?.address);
  });

  it('holds for clients in memory as well', async () => {
    const transport = memoryTransport();
    const { server, refused } = await asking(({ address }: Peer) => address === 'somebody', { transport });
    await reasonOf(server.address, { transport });
    await soon(() => refused.length).toBe(1);
    expect(refused[0]?.[1]?.address).toBe('127.0.0.1');
  });

  it.each(['close', 'shutdown'] as const)('lets nobody in once %s() was called', async (end) => {
    let admit: (answer: boolean) => void = () => {};
    const { server, connected, refused } = await asking(() => new Promise<boolean>((resolve) => (admit = resolve)));
    const coming = failureOf(createSender(calc, { address: server.address, reconnect: false }));
    await soon(() => server.connections).toBe(1);
    await server[end]();
    admit(true);
    expect(await coming).toMatchObject({ code: 'unavailable' });
    expect([connected, refused]).toEqual([[], []]);
  });

  it('forgets a client that goes before it is decided', async () => {
    let admit: (answer: boolean) => void = () => {};
    const { server, connected, refused } = await asking(() => new Promise<boolean>((resolve) => (admit = resolve)));
    const socket = connect(server.port, '127.0.0.1').resume();
    await soon(() => server.connections).toBe(1);
    socket.end();
    await soon(() => server.connections).toBe(0);
    admit(true);
    await soon(() => socket.closed).toBe(true);
    expect([connected, refused]).toEqual([[], []]);
  });
});
