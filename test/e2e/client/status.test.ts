import type { StatusEvent } from 'cmd-stream';
import { expect, it } from 'vitest';
import { adds, onePlusOne, sleep, soon, stage } from './stage.ts';

const { expectWarning, peer, sender } = stage();

/** A change, in short. */
const brief = (event: StatusEvent): string => {
  if (event.type === 'client') return `client ${event.id}: ${event.state}`;
  return event.type === 'group' ? `group: ${event.state} ${event.ready}/${event.size}` : `breaker: ${event.state}`;
};

it('the status tells what the group and each client is doing, where, and why', async () => {
  const server = await peer(adds);
  const mortal = await peer(adds);
  const dead = mortal.address;
  const client = await sender({
    address: [server.address, dead],
    clients: 2,
    reconnect: { initialMs: 60_000, maxMs: 60_000 },
    random: () => 0.999,
  });
  await soon(() => client.status.state).toBe('ready');
  // Which client is at home where is left to chance.
  const at = client.status.clients.findIndex(({ address }) => address === dead);
  mortal.connections[0]?.reset();
  await soon(() => client.status.clients[at]?.state).toBe('reconnecting');
  const { status } = client;
  expect(status).toMatchObject({ type: 'group', state: 'degraded', ready: 1, size: 2 });
  expect(status.error).toMatchObject({ code: 'connection-lost' });
  expect(status.error?.message).toContain(dead);
  const other = { type: 'client', id: 1 - at, state: 'ready', address: server.address, attempt: 0, error: undefined };
  expect(status.clients[1 - at]).toMatchObject(other);
  const lost = { type: 'client', id: at, state: 'reconnecting', address: dead, attempt: 1, delayMs: 59_940 };
  expect(status.clients[at]).toMatchObject({ ...lost, error: status.error });
});

it('the error is gone from the status once every client is ready', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address, reconnect: { initialMs: 50 }, random: () => 0.999 });
  server.connections[0]?.reset();
  await soon(() => client.status.state).toBe('unavailable');
  expect(client.status.error).toMatchObject({ code: 'connection-lost' });
  await soon(() => client.status.state).toBe('ready');
  expect(client.status.error).toBeUndefined();
});

it('changes are told from the first connection to the end, each once, and pings are none', async () => {
  const server = await peer(adds);
  const seen: string[] = [];
  const client = await sender({
    address: server.address,
    keepalive: { timeMs: 5, timeoutMs: 1_000 },
    random: () => 0,
    onStatus: (event) => seen.push(brief(event)),
  });
  const connected = ['client 0: ready', 'group: ready 1/1'];
  // The first change of a client is that it has an address; the moment depends on the looks that were taken.
  expect(seen.filter((text) => text !== 'client 0: connecting')).toEqual(connected);
  await soon(() => server.connections[0]?.pings).toBeGreaterThan(3);
  expect(seen.slice(-2)).toEqual(connected);
  seen.length = 0;
  server.connections[0]?.reset();
  // Whether the network says that it was reset, or just that it is over, is left to chance.
  const again = ['client 0: away', 'group: unavailable 0/1', ...connected];
  await soon(() => seen.map((text) => text.replace(/(re)?connecting/, 'away'))).toEqual(again);
  seen.length = 0;
  const changes = client.statusChanges();
  await client.close();
  expect(seen).toEqual(['group: closing 1/1', 'client 0: closed', 'group: closed 0/1']);
  const streamed: string[] = [];
  for await (const event of changes) streamed.push(brief(event));
  expect(streamed).toEqual(seen);
});

it('a listener that has had enough hears no more, and one that throws disturbs nobody', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address });
  const seen: string[] = [];
  const unsubscribe = client.subscribe((event) => seen.push(brief(event)));
  client.subscribe(() => {
    throw new Error('a bad listener');
  });
  unsubscribe();
  server.connections[0]?.reset();
  expect(
    await client.send(onePlusOne, { waitForReady: true, timeoutMs: 1_000 }).catch((error) => error.code),
  ).toBeDefined();
  await soon(() => client.status.state).toBe('ready');
  await client.close();
  expect(seen).toEqual([]);
  expectWarning('a bad listener');
});

it('a listener may close the sender', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address, clients: 2 });
  const seen: string[] = [];
  client.subscribe((event) => {
    seen.push(brief(event));
    if (event.type === 'client' && event.state === 'reconnecting') void client.close();
  });
  await soon(() => client.status.state).toBe('ready');
  server.connections[0]?.reset();
  await client.done;
  await sleep(10);
  expect(seen.at(-1)).toBe('group: closed 0/2');
  expect(server.accepted).toBe(2);
});

it.each(['close', 'drain'] as const)(
  'a client that is reconnecting is told as closed by %s, and never as reconnecting without a reason',
  async (how) => {
    const server = await peer(adds);
    const seen: StatusEvent[] = [];
    const client = await sender({
      address: server.address,
      clients: 2,
      reconnect: { initialMs: 60_000, maxMs: 60_000 },
      random: () => 0.999,
      onStatus: (event) => seen.push(event),
    });
    await server.stop();
    await soon(() => client.status.state).toBe('unavailable');
    await client[how]();
    const clients = seen.flatMap((event) =>
      event.type === 'group' ? event.clients : event.type === 'client' ? [event] : [],
    );
    const unexplained = clients.filter(({ state, error }) => state === 'reconnecting' && error === undefined);
    expect(unexplained).toEqual([]);
    expect(clients.filter(({ state }) => state === 'closed').length).toBeGreaterThan(0);
  },
);
