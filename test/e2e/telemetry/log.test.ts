import { createSender, memoryTransport, serve } from 'cmd-stream';
import { expect, it } from 'vitest';
import { stage } from '../client/stage.ts';
import { shop, watched } from './watched.ts';

const { expectWarning } = stage();

/** A logger, and its lines. */
function lines() {
  const all: string[] = [];
  return { all, info: (line: string) => all.push(`info ${line}`), warn: (line: string) => all.push(`warn ${line}`) };
}

it('the log of a sender has a line for each change, without payloads', async () => {
  const log = lines();
  await using at = await watched({ sender: { log, circuitBreaker: { windowSize: 1, openDurationMs: 60_000 } } });
  const { sender, server } = at;
  await sender.send(shop.Wait(), { timeoutMs: 5 }).catch(() => {});
  await server.close();
  await expect.poll(() => sender.status.state).toBe('unavailable');
  await sender.close();
  const { address } = server;
  expect(log.all).toEqual(
    expect.arrayContaining([
      `info cmd-stream sender: client 0 at ${address} is ready`,
      'info cmd-stream sender: the group is ready, 1 of 1 clients ready',
      'warn cmd-stream sender: the circuit breaker is open',
      expect.stringMatching(/^warn cmd-stream sender: client 0 at .* is reconnecting in \d+ ms, attempt \d+: .+/),
      expect.stringMatching(/^warn cmd-stream sender: the group is unavailable, 0 of 1 clients ready: .+/),
      'info cmd-stream sender: the group is closed, 0 of 1 clients ready',
    ]),
  );
  for (const line of log.all) expect(line).not.toMatch(/[\n\r]/);
});

it('the log of a server has a line for each connection', async () => {
  const log = lines();
  const transport = memoryTransport();
  await using server = await serve(
    shop,
    null,
    { Echo: (text) => text, Fail: () => '', Checked: () => '', Rows: function* () {}, Wait: () => '' },
    { transport, log, authorize: ({ metadata }) => metadata?.token === 'good' },
  );
  const options = { address: server.address, transport, reconnect: false };
  const good = await createSender(shop, { ...options, metadata: { token: 'good' } });
  await good.close();
  await createSender(shop, { ...options, metadata: { token: 'bad' } }).catch(() => {});
  await expect.poll(() => log.all.length).toBe(3);
  expect(log.all).toEqual([
    expect.stringMatching(/^info cmd-stream server: \S+:\d+ has connected$/),
    expect.stringMatching(/^info cmd-stream server: \S+:\d+ has closed its connection$/),
    expect.stringMatching(/^warn cmd-stream server: \S+:\d+ was refused: .*authorize/),
  ]);
});

it('lines of one that has a name begin with it', async () => {
  const log = lines();
  await using at = await watched({ sender: { log, name: 'checkout' }, server: { log, name: 'stock 2' } });
  expect(at.sender.status.name).toBe('checkout');
  expect(at.server.name).toBe('stock 2');
  expect(log.all).toEqual(
    expect.arrayContaining([
      `info cmd-stream sender 'checkout': the group is ready, 1 of 1 clients ready`,
      expect.stringMatching(/^info cmd-stream server 'stock 2': \S+ has connected$/),
    ]),
  );
  await at.sender.close();
  const refused = at.sender.send(shop.Echo('a'));
  await expect(refused).rejects.toThrow("Echo was not sent: the sender 'checkout' is closed");
  expect(() => at.server.setTls({ cert: '', key: '' })).toThrow(/^the server 'stock 2' at \S+ speaks no TLS/);
  const { address } = at.server;
  await at.server.close();
  const lost = createSender(shop, { address, transport: memoryTransport(), name: 'checkout', reconnect: false });
  await expect(lost).rejects.toThrow("no client of 'checkout' could connect");
});

it('a logger that throws changes nothing', async () => {
  expectWarning("the option 'log' failed");
  const fail = () => {
    throw new Error('the disk is full');
  };
  await using at = await watched({ server: { log: { info: fail, warn: fail } } });
  expect(await at.sender.send(shop.Echo('a'))).toBe('a');
});
