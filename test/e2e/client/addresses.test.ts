import { describe, expect, it } from 'vitest';
import { calc, SUM } from '../support/calc.ts';
import { adds, deadAddress, failureOf, onePlusOne, sleep, soon, stage } from './stage.ts';

const { expectWarning, peer, sender, silentServer } = stage();

const openTo = (servers: readonly { connections: { length: number } }[]) =>
  servers.map(({ connections }) => connections.length);

describe('several addresses', () => {
  it('share the clients', async () => {
    const servers = [await peer(adds), await peer(adds), await peer(adds)];
    const client = await sender({ address: servers.map(({ address }) => address), clients: 6 });
    await soon(() => client.status.state).toBe('ready');
    expect(openTo(servers)).toEqual([2, 2, 2]);
  });

  it('stand in for one that is dead from the beginning', async () => {
    const alive = await peer(adds);
    const client = await sender({ address: [await deadAddress(), alive.address], clients: 2 });
    await soon(() => client.status.state).toBe('ready');
    expect(alive.connections).toHaveLength(2);
  });

  it('are all tried before createSender fails', async () => {
    const alive = await peer(adds);
    const { address: silent } = await silentServer();
    const address = [await deadAddress(), silent, alive.address];
    for (const reconnect of [true, false]) {
      const client = await sender({ address, handshakeTimeoutMs: 400, reconnect });
      expect(await client.send(onePlusOne)).toBe(2);
      expect(client.status.clients[0]).toMatchObject({ state: 'ready', attempt: 0, error: undefined });
    }
    const error = await failureOf(sender({ address: [await deadAddress(), await deadAddress()] }));
    expect(error).toMatchObject({ code: 'unavailable', cause: { code: 'connect-failed' } });
  });

  it('stand in for one that dies', async () => {
    const servers = [await peer(adds), await peer(adds)];
    const client = await sender({ address: servers.map(({ address }) => address), clients: 2, keepalive: false });
    await soon(() => client.status.state).toBe('ready');
    await servers[0]?.stop();
    await soon(() => openTo(servers)).toEqual([0, 2]);
    await soon(() => client.status.state).toBe('ready');
    expect(await client.send(onePlusOne)).toBe(2);
  });

  it.each<[string, () => Promise<string>]>([
    ['says nothing', async () => (await silentServer()).address],
    [
      'takes connections and drops them',
      async () => (await peer({ onConnection: ({ socket }) => socket.end() })).address,
    ],
    ['stops answering', async () => (await peer({ answersPings: false })).address],
  ])('stand in for one that %s', async (_, bad) => {
    const good = await peer(adds);
    const client = await sender({
      address: [await bad(), good.address],
      handshakeTimeoutMs: 400,
      keepalive: { timeMs: 20, timeoutMs: 400 },
      // It tries to go home after such a time.
      reconnect: { initialMs: 10, maxMs: 60_000 },
      lazy: true,
    });
    await soon(() => good.connections.length).toBeGreaterThan(0);
    expect(await client.send(onePlusOne, { waitForReady: true })).toBe(2);
    expect(client.status.clients[0]).toMatchObject({ state: 'ready', address: good.address });
  });
});

describe('an address function', () => {
  it('is asked at the start, when a connection is lost, and when one cannot be opened', async () => {
    const server = await peer(adds);
    const { address, port } = server;
    let asked = 0;
    const client = await sender({
      address: () => {
        asked++;
        return [address];
      },
    });
    expect(asked).toBe(1);
    await server.stop();
    await soon(() => asked).toBeGreaterThan(3);
    await peer(adds, port);
    expect(await client.send(onePlusOne, { waitForReady: true })).toBe(2);
  });

  it('is asked at the interval, and never again after close', async () => {
    const server = await peer(adds);
    let asked = 0;
    const client = await sender({
      address: async () => {
        asked++;
        return [server.address];
      },
      addressRefreshMs: 10,
    });
    await soon(() => asked).toBeGreaterThan(4);
    await client.close();
    const before = asked;
    await sleep(40);
    expect(asked).toBe(before);
  });

  it('is not asked any more by a client that is closed while it dials', async () => {
    const server = await silentServer();
    let asked = 0;
    const address = () => {
      asked++;
      return [server.address];
    };
    const client = await sender({ address, lazy: true });
    await soon(() => server.accepted).toBe(1);
    await client.close();
    await sleep(20);
    expect(asked).toBe(1);
  });

  it.each<[string, () => readonly string[] | Promise<readonly string[]>, string]>([
    [
      'throws',
      () => {
        throw new Error('DNS is on holiday');
      },
      'DNS is on holiday',
    ],
    ['rejects', () => Promise.reject(new Error('DNS is on holiday')), 'DNS is on holiday'],
    ['gives no address', () => [], 'at least one address'],
    ['gives what is no address', () => ['nowhere'], `'host:port'`],
  ])('that %s is the reason that createSender gives', async (_, address, reason) => {
    const error = await failureOf(sender({ address, handshakeTimeoutMs: 40 }));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(reason);
    expectWarning(reason);
  });

  it('that never answers is the reason that sends fail', async () => {
    let asked = 0;
    const address = () => {
      asked++;
      return new Promise<string>(() => {});
    };
    const client = await sender({ address, handshakeTimeoutMs: 40, lazy: true });
    await soon(() => client.status.state).toBe('unavailable');
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain('within 40 ms');
    await soon(() => asked).toBeGreaterThan(1);
    expectWarning('it did not answer within 40 ms');
  });

  it('that fails for a while is asked again until it answers', async () => {
    const server = await peer(adds);
    let asked = 0;
    const client = await sender({
      address: () => {
        asked++;
        if (asked === 1) return [];
        if (asked === 2) throw new Error('DNS is on holiday');
        return asked === 3 ? new Promise(() => {}) : [server.address];
      },
      handshakeTimeoutMs: 30,
      lazy: true,
    });
    expect(await client.send(onePlusOne, { waitForReady: true })).toBe(2);
    expect(asked).toBeGreaterThanOrEqual(4);
    // Of the second, which came at once, the third tells.
    expectWarning('at least one address');
    expectWarning('failed (and 1 times more since the last warning): it did not answer within 30 ms');
  });

  it('that fails later leaves the known addresses in use', async () => {
    const server = await peer(adds);
    let asked = 0;
    const client = await sender({
      address: () => {
        if (asked++ > 0) throw new Error('DNS is on holiday');
        return [server.address];
      },
      reconnect: { initialMs: 50 },
      random: () => 0.999,
    });
    server.connections[0]?.reset();
    await soon(() => client.status.state).toBe('unavailable');
    expect(await client.send(onePlusOne, { waitForReady: true })).toBe(2);
    expectWarning('the known addresses stay in use');
  });
});

describe('a client whose address is gone', () => {
  async function moved(drainTimeoutMs = 5_000) {
    const servers = [await peer({}), await peer(adds)];
    let current = servers[0]?.address ?? '';
    const states: string[] = [];
    const client = await sender({
      address: () => [current],
      addressRefreshMs: 10,
      drainTimeoutMs,
      onStatus: (event) => event.type === 'client' && states.push(event.state),
    });
    const pending = client.send(onePlusOne);
    const failed = failureOf(pending).catch(() => undefined);
    await soon(() => servers[0]?.commands.length).toBe(1);
    current = servers[1]?.address ?? '';
    await soon(() => client.status.clients[0]?.address).toBe(servers[1]?.address);
    return { client, servers, pending, failed, states };
  }

  it('moves at once where nothing is pending', async () => {
    const servers = [await peer(adds), await peer(adds)];
    let current = servers[0]?.address ?? '';
    const client = await sender({ address: () => [current], addressRefreshMs: 10 });
    expect(await client.send(onePlusOne)).toBe(2);
    current = servers[1]?.address ?? '';
    await soon(() => openTo(servers)).toEqual([0, 1]);
    expect(client.status.state).toBe('ready');
    expect(await client.send(onePlusOne)).toBe(2);
    expect(servers[1]?.commands).toMatchObject([{ seq: 2 }]);
  });

  it('D1: is ready all the time, and loses none of the Results that are under way', async () => {
    const { client, servers, pending, states } = await moved();
    expect(await client.send(onePlusOne)).toBe(2);
    expect(openTo(servers)).toEqual([1, 1]);
    const [command] = servers[0]?.commands ?? [];
    command?.connection.result(command.seq, SUM, 2);
    expect(await pending).toBe(2);
    await soon(() => openTo(servers)).toEqual([0, 1]);
    expect(servers.map(({ commands }) => commands.map(({ seq }) => seq))).toEqual([[1], [2]]);
    expect(new Set(states)).toEqual(new Set(['ready']));
  });

  it('D1: stays where it is until it is connected to another', async () => {
    const server = await peer(adds);
    let current = server.address;
    const client = await sender({ address: () => [current], addressRefreshMs: 10 });
    current = await deadAddress();
    for (let sent = 0; sent < 20; sent++) {
      expect(await client.send(onePlusOne)).toBe(2);
      await sleep(5);
    }
    const next = await peer(adds);
    current = next.address;
    await soon(() => openTo([server, next])).toEqual([0, 1]);
    expect(await client.send(onePlusOne)).toBe(2);
  });

  it('waits no longer than drainTimeoutMs', async () => {
    const { client, servers, failed } = await moved(40);
    const error = await failed;
    expect(error).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    expect(error?.message).toContain('no address of the service any more');
    expect(await client.send(onePlusOne)).toBe(2);
    await soon(() => openTo(servers)).toEqual([0, 1]);
  });

  it('does not stay at an address that goes while it is being dialled', async () => {
    const server = await peer(adds);
    const silent = await silentServer();
    let current = silent.address;
    const client = await sender({
      address: () => [current],
      addressRefreshMs: 10,
      handshakeTimeoutMs: 60_000,
      lazy: true,
    });
    await soon(() => silent.connections.size).toBe(1);
    current = server.address;
    expect(await client.send(onePlusOne, { waitForReady: true, timeoutMs: 2_000 })).toBe(2);
    await soon(() => silent.connections.size).toBe(0);
  });

  it('leaves the others where they are', async () => {
    const servers = [await peer(adds), await peer(adds), await peer(adds)];
    const at = servers.map(({ address }) => address);
    let current = at.slice(0, 2);
    const client = await sender({ address: () => current, addressRefreshMs: 10, clients: 2 });
    await soon(() => client.status.state).toBe('ready');
    current = at.slice(1);
    await soon(() => openTo(servers)).toEqual([0, 1, 1]);
    expect(servers[1]?.accepted).toBe(1);
    expect(await client.send(calc.Add({ a: 1, b: 1 }))).toBe(2);
  });
});
