import { it } from 'vitest';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { CODECS, describeWithGo, GoClient } from '../support/go-peers.ts';
import { OurServer, type OurServerOptions } from '../support/our-server.ts';
import { useTlsFiles } from '../support/tls-files.ts';

// What an unmodified Go client makes of what a server of this library does, and the other way round.

expectNothingLeft();

const files = useTlsFiles();

describeWithGo('an idle Go client', () => {
  const options = { idleTimeoutMs: 1000 };

  it.concurrent('that pings stays connected for longer than the server waits', async ({ expect }) => {
    await using server = await OurServer.start('json', options);
    await using client = GoClient.start(server.address, 'json', 'keepalive', [
      '--idle-ms',
      '2500',
      '--keepalive-ms',
      '100',
      '--keepalive-interval-ms',
      '100',
    ]);
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    expect(server).toMatchObject({ accepted: 1, executed: { Add: 2 } });
    await expect.poll(() => server.lost).toEqual([undefined]);
  });

  it.concurrent('that does not ping loses its connection', async ({ expect }) => {
    await using server = await OurServer.start('json', options);
    await using client = GoClient.start(server.address, 'json', 'idle', ['--idle-ms', '5000']);
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    expect(server).toMatchObject({ accepted: 1, executed: { Add: 1 } });
    expect(server.lost).toMatchObject([{ code: 'connection-lost', message: expect.stringContaining('idleTimeoutMs') }]);
  });
});

describeWithGo('a Go client whose server goes away', () => {
  const routes = [...CODECS.map((codec) => ({ codec, over: 'TCP' })), { codec: 'json', over: 'TLS' }] as const;
  const cases = routes.flatMap(
    (route) =>
      [
        { ...route, way: 'shutdown' },
        { ...route, way: 'close' },
      ] as const,
  );

  it.concurrent.for(cases)('finds it again: $codec, $over, $way()', async ({ codec, over, way }, { expect }) => {
    const options = (): OurServerOptions => (over === 'TLS' ? { tls: files.server } : {});
    await using first = await OurServer.start(codec, options());
    await using client = GoClient.start(first.address, codec, 'reconnect', over === 'TLS' ? files.clientFlags : []);
    await client.line((line) => line.includes('"event":"ready"'));
    await first[way]();
    await client.line((line) => line.includes('"event":"lost"'));
    await using second = await OurServer.start(codec, { ...options(), port: first.port });
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    expect(client.events.find(({ event }) => event === 'lost')).toMatchObject({ error: 'EOF' });
    expect(first).toMatchObject({ accepted: 1, executed: { Add: 1 }, lost: [] });
    // Commands that met the end, or whose Result came too late for the client, are sent again; none is executed twice.
    const recovered = client.events.find(({ event }) => event === 'recovered');
    expect(second.accepted).toBe(1);
    expect(second.executed.Add).toBeGreaterThanOrEqual(1);
    expect(second.executed.Add).toBeLessThanOrEqual(Number(recovered?.failed) + 1);
  });
});

describeWithGo('a Go client that expects another ServerInfo', () => {
  it('refuses the server, also when it is a reconnecting one', async ({ expect }) => {
    await using server = await OurServer.start('json', { serverInfo: 'calc 1.0' });
    await using client = GoClient.start(server.address, 'json', 'wrong-server-info');
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    expect(server).toMatchObject({ accepted: 2, executed: {} });
    await expect.poll(() => server.lost).toEqual([undefined, undefined]);
  });

  it('takes the one that it expects', async ({ expect }) => {
    await using server = await OurServer.start('json', { serverInfo: 'calc 1.0' });
    await using client = GoClient.start(server.address, 'json', 'add', ['--server-info', 'calc 1.0']);
    expect(await client.ended, client.lines.join('\n')).toBe(0);
    expect(server.executed).toEqual({ Add: 8 });
  });
});

describeWithGo('Go clients', () => {
  it.for(CODECS)(
    'have 10,000 Commands answered in parallel, each with its own Result: %s',
    async (codec, { expect }) => {
      await using server = await OurServer.start(codec);
      await using client = GoClient.start(server.address, codec, 'parallel', ['--count', '10000', '--clients', '4']);
      expect(await client.ended, client.lines.join('\n')).toBe(0);
      expect(client.events).toContainEqual(expect.objectContaining({ step: 'all matched', ok: true, wrong: 0 }));
      expect(server).toMatchObject({ accepted: 4, executed: { Add: 10_000 } });
      await expect.poll(() => server.connections).toBe(0);
      expect(server.lost).toEqual([undefined, undefined, undefined, undefined]);
    },
  );
});
