import type { SenderOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { adds, deadAddress, onePlusOne, soon, stage } from '../client/stage.ts';

// Go: round-robin goes on to dead clients: with 1 of 4 dead, a quarter of the sends fail.
// Here: only clients that are ready are chosen among.

const { peer, sender } = stage();

/** Three addresses that work and one that does not; clients stay where they are. */
async function oneOfFourDead(options: Partial<SenderOptions>) {
  const alive = [await peer(adds), await peer(adds), await peer(adds)];
  const address = [...alive.map((server) => server.address), await deadAddress()];
  return {
    alive,
    client: await sender({ address, clients: 4, reconnect: { initialMs: 60_000 }, random: () => 0.999, ...options }),
  };
}

describe.each(['round-robin', 'least-pending'] as const)('flaw 16: dispatched %s', (dispatch) => {
  it('no send fails while one of four addresses is dead', async () => {
    const { client, alive } = await oneOfFourDead({ dispatch });
    await soon(() => client.status.ready).toBe(3);
    expect(client.status.state).toBe('degraded');
    const sums = await Promise.all(Array.from({ length: 99 }, () => client.send(onePlusOne)));
    expect(sums).toEqual(Array.from({ length: 99 }, () => 2));
    expect(alive.map(({ commands }) => commands.length)).toEqual([33, 33, 33]);
  });

  it('no send fails after one of four servers has died', async () => {
    const { client, alive } = await oneOfFourDead({ dispatch });
    await soon(() => client.status.ready).toBe(3);
    await alive[1]?.stop();
    await soon(() => client.status.ready).toBe(2);
    for (let sent = 0; sent < 20; sent++) expect(await client.send(onePlusOne)).toBe(2);
  });
});

it('flaw 16: the client of the dead address moves on to one that works', async () => {
  const { client } = await oneOfFourDead({ reconnect: { initialMs: 5 } });
  await soon(() => client.status.state).toBe('ready');
  const addresses = client.status.clients.map(({ address }) => address);
  expect(addresses[3]).toBe(addresses[0]);
});
