import { describe, expect, it } from 'vitest';
import { adds, deadAddress, failureOf, onePlusOne, soon, stage } from './stage.ts';

const { expectWarning, peer, sender } = stage();

const other = { serverInfo: 'v2' };

describe('an address with another ServerInfo', () => {
  it('F4: does not keep createSender from the others, in whatever order', async () => {
    expectWarning(`introduced itself as 'v2'; expected 'default' (option 'serverInfo')`);
    // Whether one begins at the bad one goes by the ports: of so many one does.
    for (let at = 0; at < 16; at++) {
      const [bad, good] = [await peer(other), await peer(adds)];
      const client = await sender({
        address: [bad.address, good.address],
        reconnect: { maxMs: 60_000 },
        random: () => at / 16,
      });
      expect(await client.send(onePlusOne)).toBe(2);
      expect(client.status.clients[0]).toMatchObject({ address: good.address });
    }
  });

  it('F4: is final for createSender only where every address says so', async () => {
    const addresses = [(await peer(other)).address, (await peer(other)).address];
    const reconnect = { maxMs: 60_000 };
    expect(await failureOf(sender({ address: addresses, clients: 2, reconnect }))).toMatchObject({
      code: 'server-info-mismatch',
    });
    for (const address of [
      [addresses[0] as string, await deadAddress()],
      [await deadAddress(), addresses[0] as string],
    ]) {
      expect(await failureOf(sender({ address, clients: 2, reconnect }))).toMatchObject({ code: 'unavailable' });
    }
  });

  it('F4: is looked at again, and used once it is right: no client is closed for it', async () => {
    const servers = [await peer(adds), await peer(adds)];
    const address = servers.map((server) => server.address);
    const client = await sender({ address, clients: 2, reconnect: { initialMs: 5, maxMs: 60 } });
    await soon(() => client.status.state).toBe('ready');
    expectWarning(`${address[0]} introduced itself as 'v2'`);
    expectWarning(`${address[1]} introduced itself as 'v2'`);
    // As in a deploy that is rolled back, of one server and then of the other.
    for (const at of [1, 0]) {
      const port = servers[at]?.port;
      await servers[at]?.stop();
      const wrong = await peer(other, port);
      await soon(() => wrong.accepted).toBeGreaterThan(0);
      await soon(() => client.status.state).toBe('ready');
      expect(await client.send(onePlusOne)).toBe(2);
      await wrong.stop();
      servers[at] = await peer(adds, port);
      await soon(() => servers[at]?.connections.length).toBe(1);
    }
    expect(client.status).toMatchObject({ state: 'ready', ready: 2 });
  });

  it('F4: makes sends fail with unavailable, and those that wait wait; one warning is all', async () => {
    const warnings: string[] = [];
    const note = ({ message }: Error) => void warnings.push(message);
    process.on('warning', note);
    try {
      const wrong = await peer(other);
      const { port, address } = wrong;
      expectWarning('v2');
      const client = await sender({ address, clients: 2, lazy: true, reconnect: { initialMs: 5, maxMs: 20 } });
      await soon(() => wrong.accepted).toBeGreaterThan(6);
      const error = await failureOf(client.send(onePlusOne));
      expect(error).toMatchObject({ code: 'unavailable', cause: { code: 'server-info-mismatch' } });
      const waits = client.send(onePlusOne, { waitForReady: true });
      await wrong.stop();
      await peer(adds, port);
      expect(await waits).toBe(2);
      expect(warnings.filter((text) => text.includes('v2'))).toHaveLength(1);
    } finally {
      process.off('warning', note);
    }
  });
});

describe('the option serverInfo', () => {
  it.each<[string, readonly string[] | ((info: string) => boolean)]>([
    ['a list', ['v1', 'v2']],
    ['a function', (info) => /^v[12]$/.test(info)],
  ])('F4: takes %s, for the time of a rolling upgrade', async (_, serverInfo) => {
    const servers = [await peer({ ...adds, serverInfo: 'v1' }), await peer({ ...adds, serverInfo: 'v2;more' })];
    const client = await sender({ address: servers.map(({ address }) => address), clients: 2, serverInfo });
    await soon(() => client.status.state).toBe('ready');
    for (let sent = 0; sent < 2; sent++) expect(await client.send(onePlusOne)).toBe(2);
    const third = await peer({ ...adds, serverInfo: 'v3' });
    const error = await failureOf(sender({ address: third.address, serverInfo }));
    expect(error).toMatchObject({ code: 'server-info-mismatch' });
    expect(error.message).toContain(`introduced itself as 'v3'`);
  });

  it.each<[string, unknown, string]>([
    ['throws', () => Promise.resolve().constructor.call(undefined), 'failed'],
    ['gives a promise', () => Promise.reject(new Error('async')), 'must give true or false; got a promise'],
    [
      'gives a promise that cannot be awaited',
      // biome-ignore lint/suspicious/noThenProperty: that is what is tried.
      () => ({ then: () => Promise.resolve().constructor.call(undefined) }),
      'must give true or false; got a promise',
    ],
    [
      'gives a promise that must be told both ways',
      // biome-ignore lint/suspicious/noThenProperty: that is what is tried.
      () => ({ then: (resolve: (value: boolean) => void) => resolve(true) }),
      'must give true or false; got a promise',
    ],
    [
      'gives what throws when it is asked',
      () => {
        const get = () => {
          throw new Error('asked');
        };
        return Object.defineProperty({}, 'then', { get });
      },
      'must give true or false; got',
    ],
    ['gives something else', () => 1, 'must give true or false; got 1'],
  ])('F4: that %s is a mismatch that says so', async (_, serverInfo, told) => {
    const { address } = await peer(adds);
    const error = await failureOf(sender({ address, serverInfo: serverInfo as never }));
    expect(error).toMatchObject({ code: 'server-info-mismatch' });
    expect(error.message).toContain(told);
  });

  it.each([[[]], [['v1', '']], [['a;b']], [[undefined]], [5], [null]])(
    'F4: is refused where it is %j',
    async (value) => {
      const error = await failureOf(sender({ address: 'a:1', serverInfo: value as never }));
      expect(error).toMatchObject({ code: 'invalid-argument' });
      expect(error.message).toContain(`option 'serverInfo' must be`);
    },
  );
});
