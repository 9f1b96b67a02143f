import { expect, it } from 'vitest';
import { adds, onePlusOne, sleep, soon, stage } from '../client/stage.ts';

// Go: the write deadline is never cleared after a send with a deadline, or a ping: plain sends after it fail, all of them,
// and nobody reconnects.
// Here: a deadline belongs to one request, and the connection knows nothing of it.

const { peer, sender } = stage();

it('flaw 7: plain sends work after sends with a deadline and after pings, over the same connection', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address, keepalive: { timeMs: 15, timeoutMs: 1000 } });
  const plain = { timeoutMs: Number.POSITIVE_INFINITY };
  for (let round = 1; round <= 2; round++) {
    expect(await client.sendWithDeadline(onePlusOne, Date.now() + 150)).toBe(2);
    expect(await client.send(onePlusOne, { timeoutMs: 150 })).toBe(2);
    const pings = server.connections[0]?.pings ?? 0;
    // Past every deadline that was set, with pings in between.
    await sleep(170);
    await soon(() => server.connections[0]?.pings).toBeGreaterThan(pings);
    expect(await client.send(onePlusOne, plain)).toBe(2);
  }
  expect(server.accepted).toBe(1);
  expect(client.status).toMatchObject({ state: 'ready', error: undefined });
});

it('flaw 7: a deadline that passes fails its own request, and no other', async () => {
  const server = await peer({
    onCommand: (command) => {
      if (command.seq % 2 === 0) adds.onCommand?.(command);
    },
  });
  const client = await sender({ address: server.address });
  for (let round = 1; round <= 3; round++) {
    const late = client.sendWithDeadline(onePlusOne, Date.now() + 20);
    const neighbour = client.send(onePlusOne);
    await expect(late).rejects.toMatchObject({ code: 'timeout' });
    expect(await neighbour).toBe(2);
  }
  expect(server.accepted).toBe(1);
});
