import { expect, it } from 'vitest';
import { adds, failureOf, onePlusOne, soon, stage, timed } from '../client/stage.ts';

// Go: a Command that is sent during an outage stays pending after recovery, for ever.
// Here: it fails at once with `unavailable`, or waits for a client, bounded, where `waitForReady` is set.

const { peer, sender } = stage();

it('flaw 10: during an outage a send fails at once, or waits and goes out once when the service is back', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address });
  const { port } = server;
  await server.stop();
  await soon(() => client.status.state).toBe('unavailable');

  const untimed = { timeoutMs: Number.POSITIVE_INFINITY };
  const failMs = await timed(async () => {
    const error = await failureOf(client.send(onePlusOne, untimed));
    expect(error).toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
  });
  expect(failMs).toBeLessThan(500);
  const bounded = await failureOf(client.send(onePlusOne, { waitForReady: true, timeoutMs: 30 }));
  expect(bounded).toMatchObject({ code: 'timeout', mayHaveExecuted: false });

  const waiting = Array.from({ length: 10 }, () => client.send(onePlusOne, { ...untimed, waitForReady: true }));
  const again = await peer(adds, port);
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 10 }, () => 2));
  expect(again.commands).toHaveLength(10);
  // Nothing is pending any more: draining has nothing to wait for.
  expect(await timed(() => client.drain())).toBeLessThan(500);
});

it('flaw 10: what was pending when the outage began has failed, and does not come back', async () => {
  const server = await peer();
  const client = await sender({ address: server.address });
  const lost = failureOf(client.send(onePlusOne, { timeoutMs: Number.POSITIVE_INFINITY }));
  await soon(() => server.commands.length).toBe(1);
  const { port } = server;
  await server.stop();
  expect(await lost).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
  const again = await peer(adds, port);
  expect(await client.send(onePlusOne, { waitForReady: true })).toBe(2);
  expect(again.commands).toHaveLength(1);
  expect(client.group.has(1, 0)).toBe(false);
});
