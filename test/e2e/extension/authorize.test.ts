import { connect } from 'node:net';
import type { CmdStreamError, Peer, ServerOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { eventLoopTurn, failureOf, soon } from '../client/stage.ts';
import { gate, RawClient } from '../server/raw-client.ts';
import { ECHO, over, WAYS, work, workStage } from './support.ts';

const { onEnd, peer, workSender, working } = workStage();

/** A server that lets in who has this token, and whom it was asked about. */
async function guarded(options: ServerOptions = {}) {
  const asked: (Record<string, string> | undefined)[] = [];
  const connected: (Record<string, string> | undefined)[] = [];
  const refused: CmdStreamError[] = [];
  const plain = ({ metadata }: Peer) => (metadata === undefined ? undefined : { ...metadata });
  const at = await working({
    authorize: async (from, { state }) => {
      asked.push(plain(from));
      await eventLoopTurn();
      state.tenant = from.metadata?.tenant;
      return from.metadata?.token === 'sesame';
    },
    onConnection: ({ peer: from }) => connected.push(plain(from)),
    onAcceptError: (error) => refused.push(error),
    ...options,
  });
  return { ...at, asked, connected, refused };
}

async function raw(port: number): Promise<RawClient> {
  const client = await RawClient.open(port);
  onEnd(() => client[Symbol.asyncDispose]());
  return client;
}

describe.each(WAYS)('authorize by a token over %s', (way) => {
  it('lets in who has it', async () => {
    const { server, sender } = await over(way);
    const { address, asked, connected, refused, contexts } = await guarded(server);
    const metadata = { token: 'sesame', tenant: 'acme' };
    const client = await workSender({ address, metadata, ...sender });
    expect(await client.send(work.Echo('a'))).toBe('a');
    expect(asked).toEqual([metadata]);
    expect(connected).toEqual([metadata]);
    expect(refused).toEqual([]);
    expect(contexts.a?.connection.state).toEqual({ tenant: 'acme' });
    expect({ ...contexts.a?.peer.metadata }).toEqual(metadata);
  });

  it('tells whoever has not that it is refused, and not why', async () => {
    const { server, sender } = await over(way);
    const { address, connected, refused, log, server: at } = await guarded(server);
    for (const metadata of [{ token: 'guess' }, undefined]) {
      const failure = await failureOf(workSender({ address, metadata, reconnect: false, ...sender }));
      expect(failure).toMatchObject({ code: 'unavailable', mayHaveExecuted: false, cause: { code: 'refused' } });
      expect((failure.cause as Error).message).toBe(
        `${address} does not let this client in: its option 'authorize' has refused it`,
      );
    }
    await soon(() => refused.length).toBe(2);
    // It may be a secret.
    for (const error of refused) expect(error.message).not.toContain('guess');
    expect([connected, log]).toEqual([[], []]);
    await soon(() => at.connections).toBe(0);
  });
});

describe('a client that is refused', () => {
  it('is let in once it may come in', async () => {
    let isOpen = false;
    const { address } = await working({ authorize: () => isOpen, onAcceptError: () => {} });
    const client = await workSender({ address, lazy: true, waitForReady: true });
    const sent = client.send(work.Echo('a'));
    await soon(() => client.status.clients[0]?.state).not.toBe('ready');
    isOpen = true;
    expect(await sent).toBe('a');
  });

  it('uses another server', async () => {
    const closed = await working({ authorize: () => false, onAcceptError: () => {} });
    const open = await working();
    for (const at of [0, 0.5]) {
      const client = await workSender({ address: [closed.address, open.address], random: () => at });
      expect(await client.send(work.Echo(`${at}`))).toBe(`${at}`);
    }
    expect([closed.log, open.log]).toEqual([[], ['Echo 0', 'Echo 0.5']]);
  });

  it('shows what a server says as one line', async () => {
    const server = await peer({ serverInfo: 'default;x1', welcome: { refused: 'not\nyou\u001b[31m' } });
    const failure = await failureOf(workSender({ address: server.address, reconnect: false }));
    expect((failure.cause as Error).message).toContain('does not let this client in: not\\nyou\\u001b[31m');
    await soon(() => server.connections).toEqual([]);
  });
});

describe('a server with authorize', () => {
  it('introduces itself before it asks, and asks once the client has said who it is', async () => {
    const { server, asked } = await guarded();
    const client = await raw(server.port);
    expect(client.serverInfo).toBe('default;x1');
    expect(asked).toEqual([]);
    const welcome = await client.greet({ metadata: { token: 'sesame' } });
    expect(welcome).toMatchObject({ codec: 'msgpack', refused: undefined });
    expect(asked).toEqual([{ token: 'sesame' }]);
    expect(await client.ask(2, ECHO, 'a')).toMatchObject({ value: 'a' });
  });

  it('executes what came right behind the hello once it is decided, in order', async () => {
    const go = gate();
    const { server, log } = await guarded({
      authorize: async () => {
        await go.promise;
        return true;
      },
    });
    const client = await raw(server.port);
    const greeted = client.greet();
    for (const seq of [2, 3, 4]) client.send(seq, ECHO, `${seq}`);
    client.ping();
    await eventLoopTurn();
    expect([log, client.received, client.controls]).toEqual([[], [], []]);
    go.open();
    await greeted;
    await client.count(4);
    expect(log).toEqual(['Echo 2', 'Echo 3', 'Echo 4']);
    expect(client.received.map(({ seq }) => seq)).toEqual([2, 3, 4, 0]);
  });

  it.each<[string, (client: RawClient) => void]>([
    ['a Command', (client) => client.send(2, ECHO, 'a')],
    ['a Ping', (client) => client.ping()],
  ])('asks about a client that sends %s without a hello, with nothing to go by', async (_what, speak) => {
    const { server, asked, refused, log } = await guarded();
    const client = await raw(server.port);
    speak(client);
    await client.closed;
    expect(asked).toEqual([undefined]);
    expect(refused).toMatchObject([{ code: 'refused' }]);
    // It would not understand a WELCOME.
    expect([log, client.received, client.controls]).toEqual([[], [], []]);
  });

  it('answers such a client what it has sent, where it may come in', async () => {
    const { server, log, connected } = await guarded({ authorize: ({ metadata }) => metadata === undefined });
    const client = await raw(server.port);
    client.send(1, ECHO, 'a');
    client.ping();
    client.send(2, ECHO, 'b');
    await client.count(3);
    expect(client.received.map(({ seq }) => seq)).toEqual([1, 0, 2]);
    expect([log, connected]).toEqual([['Echo a', 'Echo b'], [undefined]]);
  });

  it('asks about one that says nothing once its time is over', async () => {
    const { server, asked, refused } = await guarded({ handshakeTimeoutMs: 50 });
    const client = await raw(server.port);
    await client.closed;
    expect(asked).toEqual([undefined]);
    expect(refused).toMatchObject([{ code: 'refused' }]);
  });

  it('serves one that says nothing, and may come in, and its hello later', async () => {
    const { server, asked, contexts } = await guarded({
      handshakeTimeoutMs: 20,
      authorize: ({ metadata }) => {
        asked.push(metadata);
        return true;
      },
    });
    const client = await raw(server.port);
    await soon(() => asked).toEqual([undefined]);
    await client.settled();
    expect(await client.greet({ metadata: { late: '1' } })).toMatchObject({ refused: undefined });
    await client.ask(2, ECHO, 'a');
    expect({ ...contexts.a?.peer.metadata }).toEqual({ late: '1' });
    expect(asked).toHaveLength(1);
  });

  it('asks nobody about a client that breaks the protocol first, and closes', async () => {
    const { server, asked, connected } = await guarded();
    const client = await raw(server.port);
    client.control(1, 'hello', Buffer.from('nonsense'));
    await client.closed;
    expect([asked, connected]).toEqual([[], []]);
  });

  it('asks nobody about a client that goes before it has said who it is', async () => {
    const { server, asked, refused } = await guarded({ handshakeTimeoutMs: 30 });
    const socket = connect(server.port, '127.0.0.1').resume();
    await soon(() => server.connections).toBe(1);
    socket.destroy();
    await soon(() => server.connections).toBe(0);
    const sinceMs = performance.now();
    await soon(() => performance.now() - sinceMs).toBeGreaterThan(40);
    expect([asked, refused]).toEqual([[], []]);
  });

  it.each(['close', 'shutdown'] as const)('lets nobody in once %s() was called while it listens', async (end) => {
    const { server, asked, connected } = await guarded();
    const client = await raw(server.port);
    await server[end]();
    await client.closed;
    expect([asked, connected]).toEqual([[], []]);
  });

  it('counts it for maxConnections while it listens', async () => {
    const { server } = await guarded({ maxConnections: 1 });
    const first = await raw(server.port);
    const failure = await failureOf(
      workSender({ address: server.address, reconnect: false, metadata: { token: 'sesame' } }),
    );
    expect(failure).toMatchObject({ code: 'unavailable' });
    expect(await first.greet({ metadata: { token: 'sesame' } })).toMatchObject({ refused: undefined });
  });

  it('refuses one about whom nobody says anything in time, and tells it', async () => {
    const { server, refused } = await guarded({ authorize: () => new Promise(() => {}), handshakeTimeoutMs: 500 });
    const client = new RawClient(connect(server.port, '127.0.0.1'));
    expect(await client.greet()).toMatchObject({ refused: "its option 'authorize' has refused it" });
    await client.closed;
    expect(refused[0]?.message).toMatch(/did not answer within 500 ms/);
  });
});
