import type { SenderOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { adds, deadAddress, onePlusOne, soon, stage } from '../client/stage.ts';

// Go: round-robin goes on to dead clients: with 1 of 4 dead, a quarter of the sends fail.
// Here: only clients that are ready are chosen among.

const { peer, sender } = stage();

/** Four clients of four servers, of which the last has just died. Its client stays where it is for now. */
async function oneOfFourDead(options: Partial<SenderOptions>) {
  const servers = [await peer(adds), await peer(adds), await peer(adds), await peer(adds)];
  const address = servers.map((server) => server.address);
  const reconnect = { initialMs: 60_000, maxMs: 60_000 };
  const client = await sender({ address, clients: 4, reconnect, random: () => 0.999, ...options });
  await soon(() => client.status.state).toBe('ready');
  await servers[3]?.stop();
  await soon(() => client.status.ready).toBe(3);
  return { client, alive: servers.slice(0, 3) };
}

describe.each(['round-robin', 'least-pending'] as const)('flaw 16: dispatched %s', (dispatch) => {
  it('no send fails while one of four servers is dead, and the others share the work', async () => {
    const { client, alive } = await oneOfFourDead({ dispatch });
    expect(client.status.state).toBe('degraded');
    const sums = await Promise.all(Array.from({ length: 99 }, () => client.send(onePlusOne)));
    expect(sums).toEqual(Array.from({ length: 99 }, () => 2));
    expect(alive.map(({ commands }) => commands.length)).toEqual([33, 33, 33]);
  });
});

it('flaw 16: the client of a dead server moves on to one that works', async () => {
  const { client, alive } = await oneOfFourDead({ reconnect: { initialMs: 5 } });
  await soon(() => client.status.state).toBe('ready');
  const inUse = client.status.clients.map(({ address }) => address);
  expect(new Set(inUse)).toEqual(new Set(alive.map(({ address }) => address)));
});

it('flaw 16: no send fails where one of four addresses is dead from the beginning', async () => {
  const address = [
    await deadAddress(),
    ...(await Promise.all([peer(adds), peer(adds), peer(adds)])).map((server) => server.address),
  ];
  const client = await sender({ address, clients: 4 });
  for (let sent = 0; sent < 40; sent++) expect(await client.send(onePlusOne)).toBe(2);
});
