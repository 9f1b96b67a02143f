import type { DispatchCandidate, DispatchStrategy } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { SUM } from '../support/calc.ts';
import type { PeerCommand, ScriptedPeer } from '../support/scripted-peer.ts';
import { adds, failureOf, onePlusOne, soon, stage } from './stage.ts';

const { peer, sender } = stage();

describe('dispatch', () => {
  it('round-robin gives every client the same share', async () => {
    const server = await peer(adds);
    const client = await sender({ address: server.address, clients: 4 });
    await soon(() => client.status.state).toBe('ready');
    await Promise.all(Array.from({ length: 400 }, () => client.send(onePlusOne)));
    const shares = server.connections.map(
      (connection) => server.commands.filter((command) => command.connection === connection).length,
    );
    expect(shares).toEqual([100, 100, 100, 100]);
  });

  it('least-pending keeps Commands away from a slow server', async () => {
    const slow: PeerCommand[] = [];
    const servers = [await peer({ onCommand: (command) => void slow.push(command) }), await peer(adds)];
    const client = await sender({
      address: servers.map(({ address }) => address),
      clients: 2,
      dispatch: 'least-pending',
    });
    await soon(() => client.status.state).toBe('ready');
    const first = Array.from({ length: 2 }, () => client.send(onePlusOne));
    await Promise.race(first);
    for (let sent = 0; sent < 10; sent++) expect(await client.send(onePlusOne)).toBe(2);
    expect(slow).toHaveLength(1);
    for (const { seq, connection } of slow) connection.result(seq, SUM, 2);
    await Promise.all(first);
  });

  it('a strategy of the user chooses among the ready clients, and sees what it needs', async () => {
    const servers = [await peer(adds), await peer(adds)];
    const seen: Omit<DispatchCandidate, 'recentFailures'>[][] = [];
    const dispatch: DispatchStrategy = {
      pick: (ready) => {
        seen.push(ready.map(({ id, address, pending, bufferedBytes }) => ({ id, address, pending, bufferedBytes })));
        return ready[ready.length - 1] as (typeof ready)[number];
      },
    };
    const addresses = servers.map(({ address }) => address);
    const client = await sender({ address: addresses, clients: 2, dispatch });
    await soon(() => client.status.state).toBe('ready');
    await Promise.all([client.send(onePlusOne), client.send(onePlusOne)]);
    // Which client is at home where is left to chance.
    const [first, last] = client.status.clients.map(({ address }) => address);
    const commandsAt = (address?: string) => servers.find((server) => server.address === address)?.commands.length;
    expect([commandsAt(first), commandsAt(last)]).toEqual([0, 2]);
    expect(seen[0]).toEqual([
      { id: 0, address: first, pending: 0, bufferedBytes: 0 },
      { id: 1, address: last, pending: 0, bufferedBytes: 0 },
    ]);
    expect(seen[1]?.[1]).toMatchObject({ pending: 1, bufferedBytes: expect.any(Number) });
  });

  it.each<[string, DispatchStrategy, string]>([
    ['returns nothing', { pick: () => undefined as never }, 'must return one of'],
    ['returns something else', { pick: () => ({ id: 0 }) as never }, 'must return one of'],
    [
      'throws',
      {
        pick: () => {
          throw new Error('weights missing');
        },
      },
      'weights missing',
    ],
  ])('a strategy that %s fails its sends with a clear error, and sends nothing', async (_, dispatch, text) => {
    const server = await peer(adds);
    const client = await sender({ address: server.address, dispatch });
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'invalid-argument', mayHaveExecuted: false });
    expect(error.message).toContain('Add was not sent: the dispatch strategy');
    expect(error.message).toContain(text);
    expect(server.commands).toEqual([]);
  });

  it('a client that a strategy has kept is refused once it is not ready any more, and one of another sender always', async () => {
    const servers = [await peer({}), await peer({})];
    let kept: DispatchCandidate | undefined;
    const keeper: DispatchStrategy = {
      pick: (ready) => {
        kept ??= ready[0];
        return kept as (typeof ready)[number];
      },
    };
    const address = servers.map((server) => server.address);
    const client = await sender({ address, clients: 2, dispatch: keeper, reconnect: false });
    await soon(() => client.status.state).toBe('ready');
    const pending = failureOf(client.send(onePlusOne));
    await soon(() => servers.some(({ commands }) => commands.length === 1)).toBe(true);
    const [server, other] = servers.toSorted((a, b) => b.commands.length - a.commands.length) as [
      ScriptedPeer,
      ScriptedPeer,
    ];
    server.connections[0]?.reset();
    expect((await pending).code).toBe('connection-lost');
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'invalid-argument', mayHaveExecuted: false });
    const stranger = await sender({ address: other.address, dispatch: keeper });
    expect((await failureOf(stranger.send(onePlusOne))).code).toBe('invalid-argument');
    await client.close();
    expect(other.commands).toEqual([]);
  });
});
