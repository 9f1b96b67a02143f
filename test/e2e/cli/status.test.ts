import { createSender, json } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { VERSION } from '../../../src/base/version.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { orders, serveOrders } from './service.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
const status = (...args: string[]) => cli.run(['status', ...args]);

describe.concurrent('cmd-stream status', () => {
  it('shows how a server is doing', async () => {
    const { server, address } = await serveOrders({ serverInfo: 'orders' });
    await using _ = server;
    const { code, stdout, stderr } = await status(address);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(/[a-z0-9]{16}/, 'INSTANCE').replace(/\d+\.\d ms/, 'MS')).toBe(
      [
        address,
        `  version      cmd-stream ${VERSION}`,
        "  ServerInfo   'orders'",
        '  instance     INSTANCE',
        '  codec        json',
        `  uptime       ${/uptime +(.*)/.exec(stdout)?.[1]}`,
        '  connections  1 (with this one)',
        '  in flight    0',
        '  connected    in MS',
        '',
      ].join('\n'),
    );
  });

  it('tells the name of a server that has one', async ({ expect }) => {
    const { server, address } = await serveOrders({ name: 'orders 3' });
    await using _ = server;
    expect((await status(address)).stdout.split('\n')[1]).toBe('  name         orders 3');
    expect(JSON.parse((await status(address, '--json')).stdout)).toMatchObject({ name: 'orders 3', connections: 1 });
  });

  it('counts connections and Commands in flight, and the time that it serves', async ({ expect }) => {
    const { server, address, log } = await serveOrders();
    await using _ = server;
    const sender = await createSender(orders, { address, codec: json(), clients: 3 });
    const waits = [1, 2].map(() => sender.send(orders.Wait()).catch(() => undefined));
    await expect.poll(() => log).toEqual(['Wait', 'Wait']);
    await expect.poll(() => server.connections).toBe(3);
    const first = JSON.parse((await status(address, '--json')).stdout);
    expect(first).toMatchObject({ address, version: VERSION, codec: 'json', connections: 4, inFlight: 2 });
    await sender.close();
    await Promise.all(waits);
    await expect.poll(() => server.connections).toBe(0);
    const second = JSON.parse((await status(address, '--json')).stdout);
    expect(second).toMatchObject({ instance: first.instance, connections: 1, inFlight: 0 });
    expect(second.uptimeMs).toBeGreaterThan(first.uptimeMs);
  });

  it.each([
    { options: { describe: false }, why: /it has describe: false, or its version \(\S+\) is too old/ },
    { options: { goClients: true }, why: /it is a Go server, or one with goClients/ },
  ])('is not told where the server has $options', async ({ options, why }) => {
    const { server, address } = await serveOrders(options);
    await using _ = server;
    const { code, stdout, stderr } = await status(address);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^cmd-stream status: .* does not tell how it is doing: ${why.source}\\n$`));
  });

  it('is not told to whoever may not come in', async () => {
    const { server, address } = await serveOrders({ authorize: ({ metadata }) => metadata?.token === 'a' });
    await using _ = server;
    expect(await status(address)).toMatchObject({ code: 1, stdout: '' });
    expect(await status(address, '--metadata', 'token=a')).toMatchObject({ code: 0, stderr: '' });
  });

  it('takes no text of a hostile server for a figure', async () => {
    const hostile = '\x1b[2J\r\n\u202e';
    for (const connections of [hostile, -1, 1.5, null]) {
      await using peer = await ScriptedPeer.listen({
        serverInfo: 'default;x1',
        welcome: { version: hostile, instance: hostile, status: { connections, inFlight: 0, uptimeMs: 0 } },
      });
      const { code, stderr } = await status(peer.address);
      expect(code).toBe(1);
      expect(stderr.trimEnd()).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
  });

  it('takes it for misuse to be asked of nobody', async () => {
    const stderr = "cmd-stream status: status takes one address; try 'cmd-stream status --help'\n";
    expect(await status()).toEqual({ code: 2, stdout: '', stderr });
  });
});
