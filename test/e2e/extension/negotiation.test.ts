import { command, createSender, defineProtocol, json, msgpack, result, type ServerOptions, serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, soon } from '../client/stage.ts';
import { RawClient } from '../server/raw-client.ts';
import { calc } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { ECHO, over, WAYS, work, workStage } from './support.ts';

const { expectWarning, onEnd, peer, workSender, working } = workStage();

/** The first version of {@link work}. */
const older = defineProtocol({
  results: { Text: result<string>() },
  commands: { Echo: command<string>().returns('Text') },
});
const HELLO = 16_382;

/** A client of bytes. */
async function raw(port: number): Promise<RawClient> {
  const client = await RawClient.open(port);
  onEnd(() => client[Symbol.asyncDispose]());
  return client;
}

/** A server of {@link older}. */
async function olderServer(options: ServerOptions = {}) {
  const executed: string[] = [];
  const server = await serve(
    older,
    undefined,
    {
      Echo: (text) => {
        executed.push(text);
        return text;
      },
    },
    { onCommandDone: ({ command: name }) => executed.push(name ?? '?'), ...options },
  );
  onEnd(() => server.close());
  return { server, executed };
}

describe('both ends', () => {
  it.each(WAYS)('agree over %s, and a Command is answered', async (way) => {
    const { server: options, sender } = await over(way);
    const { address, contexts } = await working(options);
    const client = await workSender({ address, ...sender });
    expect(await client.send(work.Echo('a'), { metadata: { tenant: 'acme' } })).toBe('a');
    expect({ ...contexts.a?.metadata }).toEqual({ tenant: 'acme' });
  });

  it('agree anew at each connection, whatever the server has become', async () => {
    let at = await working();
    const { port } = at.server;
    const client = await workSender({ address: at.address, waitForReady: true });
    for (const goClients of [true, false]) {
      await at.server.close();
      at = await working({ port, goClients });
      expect(await client.send(work.Echo('a'), { metadata: { tenant: 'acme' } })).toBe('a');
      expect({ ...at.contexts.a?.metadata }).toEqual(goClients ? {} : { tenant: 'acme' });
    }
  });
});

describe('a server', () => {
  it('offers the extension behind its name, and says who it is where it is asked', async () => {
    const { server } = await working({ serverInfo: 'shop', maxFrameBytes: 5_000, codec: msgpack() });
    const client = await raw(server.port);
    expect(client.serverInfo).toBe('shop;x1');
    const welcome = await client.greet();
    expect(welcome).toMatchObject({
      codec: 'msgpack',
      commands: ['Echo', 'Wait', 'Rows', 'Watch', 'Push', 'Checked'],
      results: ['Text', 'Row'],
      maxFrameBytes: 5_000,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      refused: undefined,
    });
    // Each process has another.
    expect((await (await raw(server.port)).greet()).instance).toBe(welcome.instance);
    const other = await working();
    expect((await (await raw(other.server.port)).greet()).instance).not.toBe(welcome.instance);
  });

  it('serves a client that does not say hello as before', async () => {
    const { server, contexts } = await working();
    const client = await raw(server.port);
    expect(await client.ask(1, ECHO, 'a')).toEqual({ seq: 1, type: 0, value: 'a' });
    expect([contexts.a?.deadline, contexts.a?.peer.metadata]).toEqual([Number.POSITIVE_INFINITY, undefined]);
    expect({ ...contexts.a?.metadata }).toEqual({});
    expect(await client.ask(2, 99, 'a')).toMatchObject({ value: { code: 'command-invalid' } });
    expect(client.controls).toEqual([]);
  });

  it('offers nothing with goClients', async () => {
    const { server, address, contexts } = await working({ goClients: true });
    expect((await raw(server.port)).serverInfo).toBe('default');
    const client = await workSender({ address, metadata: { token: 't' } });
    expect(await client.send(work.Echo('a'), { metadata: { tenant: 'acme' }, timeoutMs: 5_000 })).toBe('a');
    expect([contexts.a?.deadline, contexts.a?.peer.metadata]).toEqual([Number.POSITIVE_INFINITY, undefined]);
    expect({ ...contexts.a?.metadata }).toEqual({});
  });

  it.each<[string, (client: RawClient) => unknown]>([
    ['a head', (client) => client.head(2, { leftMs: 5 })],
    ['a cancellation', (client) => client.control(2, 'cancel')],
    ['an end', (client) => client.control(2, 'ended')],
    ['a welcome', (client) => client.control(1, 'welcome', Buffer.from('{}'))],
    ['a goodbye', (client) => client.control(1, 'goodbye', Buffer.of(0))],
    ['a hello that is no JSON', (client) => client.control(1, 'hello', Buffer.from('{'))],
    ['a hello that is a list', (client) => client.control(1, 'hello', Buffer.from('[]'))],
    ['a hello that is too long', (client) => client.control(1, 'hello', Buffer.alloc(70_000, ' '))],
    [
      'a second hello',
      async (client) => {
        await client.greet();
        client.control(1, 'hello', Buffer.from('{}'));
      },
    ],
    [
      'a malformed head',
      async (client) => {
        await client.greet();
        client.control(2, 'head', Buffer.of(0, 200));
      },
    ],
  ])('closes a connection that sends %s out of place, and only that', async (_what, send) => {
    const lost: unknown[] = [];
    const { server } = await working({ onConnectionLost: ({ error }) => lost.push(error?.code) });
    const honest = await raw(server.port);
    await honest.greet();
    const client = await raw(server.port);
    await send(client);
    await client.closed;
    await soon(() => lost).toEqual(['protocol-error']);
    expect(await honest.ask(2, ECHO, 'a')).toMatchObject({ value: 'a' });
  });

  it('takes a hello that has come in pieces, and Commands right behind it', async () => {
    const { server, contexts } = await working();
    const client = await raw(server.port);
    const hello = Buffer.from(JSON.stringify({ metadata: { token: 't', 'NO KEY': 'x', n: 1 }, later: true }));
    const head = Buffer.from([1, 0xfe, 0x7f, hello.length]);
    const bytes = Buffer.concat([head, hello, RawClient.command(2, ECHO, 'a')]);
    for (let at = 0; at < bytes.length; at += 7) {
      client.socket.write(bytes.subarray(at, at + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await client.first(2)).toMatchObject({ value: 'a' });
    // What is none is left out.
    expect({ ...contexts.a?.peer.metadata }).toEqual({ token: 't' });
  });
});

describe('a client', () => {
  const echoes = {
    onCommand: ({ seq, payload, connection }: PeerCommand) => connection.result(seq, 0, payload),
  };

  it.each(['default', 'default;x2', 'default;X1;y'])('sends nothing new to a server that is %s', async (serverInfo) => {
    const server = await peer({ serverInfo, ...echoes });
    const client = await workSender({ address: server.address, metadata: { token: 't' } });
    expect(await client.send(work.Echo('a'), { metadata: { tenant: 'acme' }, timeoutMs: 5_000 })).toBe('a');
    const controller = new AbortController();
    controller.abort();
    await failureOf(client.send(work.Echo('b'), { signal: controller.signal }));
    await failureOf(client.send(work.Echo('c'), { timeoutMs: 0 }));
    expect(await client.send(work.Echo('d'))).toBe('d');
    expect(server.commands.map(({ payload }) => payload)).toEqual(['a', 'd']);
    expect(server.controls).toEqual([]);
  });

  it.each(['default;x1', 'default;x0;x1', 'default;x1;x2'])('says hello to a server that is %s', async (serverInfo) => {
    const server = await peer({ serverInfo, welcome: {}, ...echoes });
    const client = await workSender({ address: server.address, metadata: { token: 't' }, timeoutMs: 7_000 });
    expect(await client.send(work.Echo('a'))).toBe('a');
    expect(server.controls.map(({ type }) => type)).toEqual([HELLO]);
    expect(JSON.parse(`${server.controls[0]?.body}`)).toEqual({
      timeoutMs: 7_000,
      metadata: { token: 't' },
      version: expect.stringMatching(/^\d/),
      credit: { results: 64, bytes: 32_768 },
    });
  });

  it('takes a WELCOME with fields that it does not know, in pieces, and Results right behind it', async () => {
    const server = await peer({
      serverInfo: 'default;x1',
      onControl: ({ connection, type }) => {
        if (type !== HELLO) return;
        const body = Buffer.from(JSON.stringify({ later: [1], commands: 'none', codec: 5 }));
        const frame = Buffer.concat([Buffer.from([1, 0xfd, 0x7f, body.length]), body, Buffer.of(0, 0)]);
        for (const byte of frame) connection.raw(Buffer.of(byte));
      },
      ...echoes,
    });
    const client = await workSender({ address: server.address });
    expect(await client.send(work.Echo('a'))).toBe('a');
  });

  it.each<[string, Buffer, string]>([
    ['a Result', Buffer.from([1, 0, 2, 0xa1, 0x61]), 'protocol-error'],
    ['another frame of the extension', Buffer.from([1, 0xfa, 0x7f, 0]), 'protocol-error'],
    ['a WELCOME that is no JSON', Buffer.from([1, 0xfd, 0x7f, 1, 0x7b]), 'protocol-error'],
    ['a WELCOME that is too long', Buffer.from([1, 0xfd, 0x7f, 0xff, 0xff, 0x7f]), 'protocol-error'],
  ])('fails at a server that answers its hello by %s', async (_what, bytes, code) => {
    const server = await peer({ serverInfo: 'default;x1', onControl: ({ connection }) => connection.raw(bytes) });
    const error = await failureOf(createSender(work, { address: server.address, reconnect: false }));
    expect(error).toMatchObject({ code: 'unavailable', cause: { code } });
    await soon(() => server.connections).toEqual([]);
  });

  it('waits for a WELCOME no longer than for the rest of the handshake', async () => {
    const server = await peer({ serverInfo: 'default;x1' });
    const error = await failureOf(
      createSender(work, { address: server.address, reconnect: false, handshakeTimeoutMs: 80 }),
    );
    expect(error).toMatchObject({ code: 'unavailable', cause: { message: expect.stringContaining('80 ms') } });
    expect(server.controls).toHaveLength(1);
    await soon(() => server.connections).toEqual([]);
  });

  it.each<[string, object]>([
    ['sends a Result of one that it has not asked for', { seq: 9 }],
    ['answers its hello again', { name: 'welcome', body: '{}' }],
    ['says hello itself', { name: 'hello', body: '{}' }],
    ['cancels', { name: 'cancel' }],
    ['says a goodbye without a number', { name: 'goodbye' }],
  ])('closes the connection of a server that %s, where that is none of the extension', async (_what, given) => {
    const { name, body = '' } = given as { name?: 'welcome' | 'hello' | 'cancel' | 'goodbye'; body?: string };
    let frames = 0;
    const server = await peer({
      serverInfo: 'default;x1',
      welcome: {},
      onCommand: ({ seq, payload, connection }) => {
        if (name !== undefined && frames++ === 0) connection.control(1, name, Buffer.from(body));
        else connection.result(seq, 0, payload);
      },
    });
    const client = await workSender({ address: server.address, waitForReady: true });
    const first = client.send(work.Echo('a'));
    if (name === undefined) expect(await first).toBe('a');
    else expect(await failureOf(first)).toMatchObject({ code: 'connection-lost', cause: { code: 'protocol-error' } });
    expect(await client.send(work.Echo('b'))).toBe('b');
    expect(server.accepted).toBe(name === undefined ? 1 : 2);
  });

  it('uses no server of another codec', async () => {
    const { address } = await working({ codec: json() });
    const error = await failureOf(createSender(work, { address, reconnect: false }));
    expect(error.code).toBe('server-info-mismatch');
    expect(error.message).toContain("its codec is json, here it is msgpack (option 'codec')");
  });

  it('uses no server that has another Command, or another Result, under a number', async () => {
    const { address } = await working();
    const error = await failureOf(createSender(calc, { address, reconnect: false }));
    expect(error.code).toBe('server-info-mismatch');
    expect(error.message).toContain(
      "the server's Command 0 is Echo, here it is Add; new ones go to the end of a protocol",
    );
    const renamed = defineProtocol({
      results: { Words: result<string>() },
      commands: { Echo: command<string>().returns('Words') },
    });
    const other = await failureOf(createSender(renamed, { address, reconnect: false }));
    expect(other.message).toContain("the server's Result 0 is Text, here it is Words");
  });

  it('goes on with another one where one is of another service', async () => {
    const [bad, good] = [await working({ codec: json() }), await working()];
    expectWarning(`${bad.address} is another service: its codec is json`);
    // Each begins at one of the two, by chance: among so many there is one that begins at the bad one.
    const starts = Array.from({ length: 32 }, (_, at) => at / 32);
    for (const at of starts) {
      const client = await workSender({ address: [bad.address, good.address], random: () => at });
      expect(await client.send(work.Echo(`${at}`))).toBe(`${at}`);
    }
    expect([bad.log, good.log]).toEqual([[], starts.map((at) => `Echo ${at}`)]);
  });

  it('works with a server of a newer protocol', async () => {
    const { address } = await working();
    const client = await createSender(older, { address });
    onEnd(() => client.close());
    expect(await client.send(older.Echo('a'))).toBe('a');
  });

  it('works with one of an older protocol, and fails what that does not know at once', async () => {
    const { server, executed } = await olderServer();
    const client = await workSender({ address: server.address });
    const error = await failureOf(client.send(work.Wait('x')));
    expect(error).toMatchObject({ code: 'command-invalid', mayHaveExecuted: false });
    expect(error.message).toContain('knows no such Command: it has 1, since it is of an older version of the protocol');
    expect(await failureOf(client.sendMulti(work.Rows('x'), () => {}))).toMatchObject({ code: 'command-invalid' });
    expect(await client.send(work.Echo('a'))).toBe('a');
    // Nothing of it was sent.
    expect(executed).toEqual(['a', 'Echo']);
    expect(client.status).toMatchObject({ state: 'ready' });
  });

  it('is told by the server itself where that has no extension', async () => {
    const { server, executed } = await olderServer({ goClients: true });
    const client = await workSender({ address: server.address, waitForReady: true });
    expect(await failureOf(client.send(work.Wait('x')))).toMatchObject({ code: 'connection-lost' });
    expect(executed).toEqual(['?']);
  });

  it('works with a server that has too many names to tell them', async () => {
    const names = Array.from({ length: 800 }, (_, n) => `${'Command'.repeat(14)}${n}`);
    const many = defineProtocol({
      results: { Text: result<string>() },
      commands: Object.fromEntries(names.map((name) => [name, command<string>().returns('Text')])),
    });
    const handlers = Object.fromEntries(names.map((name) => [name, (text: string) => text]));
    const server = await serve(many, undefined, handlers as never);
    onEnd(() => server.close());
    const client = await createSender(many, { address: server.address });
    onEnd(() => client.close());
    expect(await client.send(many[names.at(-1) as string]?.('a') as never)).toBe('a');
    const { commands, codec } = await (await raw(server.port)).greet();
    expect([commands, codec]).toEqual([[], 'msgpack']);
  });
});
