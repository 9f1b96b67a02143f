import type { Sender, SenderOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { calc, SUM } from '../support/calc.ts';
import { adds, deadAddress, failureOf, onePlusOne, sleep, soon, stage, timed } from './stage.ts';

type Client = Sender<typeof calc>;
const { expectWarning, peer, sender, silentServer } = stage();

/** A service, a client in some state, and what is pending there. */
interface Scene {
  readonly client: Client;
  readonly pending?: Promise<unknown>;
}

const lazy = { lazy: true, reconnect: { initialMs: 60_000, maxMs: 60_000 }, random: () => 0.999 } as const;

const scenes: [state: string, reach: () => Promise<Scene>][] = [
  [
    'connecting',
    async () => {
      const server = await silentServer();
      const client = await sender({ address: server.address, ...lazy });
      await soon(() => server.accepted).toBe(1);
      return { client };
    },
  ],
  [
    'connecting: its resolver is thinking',
    async () => ({ client: await sender({ address: () => new Promise(() => {}), ...lazy }) }),
  ],
  ['ready', async () => ({ client: await sender({ address: (await peer(adds)).address }) })],
  [
    'ready: Commands are pending',
    async () => {
      const server = await peer();
      const client = await sender({ address: server.address });
      const pending = failureOf(client.send(onePlusOne));
      await soon(() => server.commands.length).toBe(1);
      return { client, pending };
    },
  ],
  [
    'ready: a ping is on its way',
    async () => {
      const server = await peer({ answersPings: false });
      const client = await sender({ address: server.address, keepalive: { timeMs: 5, timeoutMs: 60_000 } });
      await soon(() => server.connections[0]?.pings).toBe(1);
      return { client };
    },
  ],
  [
    'reconnecting: it waits',
    async () => {
      const client = await sender({ address: await deadAddress(), ...lazy });
      await soon(() => client.status.state).toBe('unavailable');
      return { client };
    },
  ],
  [
    'reconnecting: it dials',
    async () => {
      const server = await silentServer();
      const address = [await deadAddress(), server.address];
      const client = await sender({ address, lazy: true, reconnect: { initialMs: 1 } });
      await soon(() => server.accepted).toBe(1);
      return { client };
    },
  ],
  [
    'draining',
    async () => {
      const server = await peer();
      const client = await sender({ address: server.address });
      const pending = failureOf(client.send(onePlusOne));
      await soon(() => server.commands.length).toBe(1);
      void client.drain();
      expect(client.status.state).toBe('draining');
      return { client, pending };
    },
  ],
];

describe.each(scenes)('a client that is %s', (state, reach) => {
  it('is closed at once by close(), as often as it is called', async () => {
    const { client, pending } = await reach();
    expect(state).toContain(client.status.clients[0]?.state);
    const tookMs = await timed(() => Promise.all([client.close(), client.close(), client.drain()]));
    expect(tookMs).toBeLessThan(500);
    expect(client.status).toMatchObject({ state: 'closed', ready: 0, error: undefined });
    if (pending !== undefined) expect(await pending).toMatchObject({ code: 'closed', mayHaveExecuted: true });
    const late = await failureOf(client.send(onePlusOne));
    expect(late).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    expect(late.message).toBe('Add was not sent: the sender is closed');
    await client.done;
  });

  it('is closed by closeAndWait within its limit', async () => {
    const { client, pending } = await reach();
    expect(await timed(() => client.closeAndWait(50))).toBeLessThan(550);
    if (pending !== undefined) expect(await pending).toMatchObject({ code: 'closed' });
    expect(client.status.state).toBe('closed');
  });
});

describe('draining', () => {
  it('lets what is pending come to its end, takes nothing new, and closes then', async () => {
    const server = await peer();
    const client = await sender({ address: server.address, clients: 2 });
    const sums = [client.send(onePlusOne), client.send(onePlusOne)];
    await soon(() => server.commands.length).toBe(2);
    const drained = client.drain();
    expect(client.status.state).toBe('draining');
    const refused = await failureOf(client.send(onePlusOne, { waitForReady: true }));
    expect(refused).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    const [first, second] = server.commands;
    first?.connection.result(first.seq, SUM, 2);
    await sums[0];
    await sleep(20);
    expect(client.status).toMatchObject({ state: 'draining' });
    second?.connection.result(second.seq, SUM, 2);
    expect(await Promise.all(sums)).toEqual([2, 2]);
    await drained;
    expect(server.commands).toHaveLength(2);
  });

  it('lets a stream come to its end', async () => {
    const server = await peer({
      onCommand: async ({ seq, connection }) => {
        for (let n = 3; n > 0; n--) {
          await sleep(10);
          connection.result(seq, 1, { n, last: n === 1 });
        }
      },
    });
    const seen: number[] = [];
    {
      await using client = await sender({ address: server.address });
      void client.sendMulti(calc.Countdown({ from: 3 }), ({ n }) => void seen.push(n));
    }
    expect(seen).toEqual([3, 2, 1]);
  });

  it('ends at its limit, with what is pending failed', async () => {
    const server = await peer();
    const client = await sender({ address: server.address, drainTimeoutMs: 60_000 });
    const pending = failureOf(client.send(onePlusOne));
    await soon(() => server.commands.length).toBe(1);
    void client.drain();
    const startMs = performance.now();
    expect(await timed(() => client.closeAndWait(60))).toBeLessThan(560);
    expect(performance.now() - startMs).toBeGreaterThan(55);
    expect(await pending).toMatchObject({ code: 'closed', mayHaveExecuted: true });
  });

  it('ends when the connection is lost', async () => {
    const server = await peer();
    const client = await sender({ address: server.address });
    const pending = failureOf(client.send(onePlusOne));
    await soon(() => server.commands.length).toBe(1);
    const drained = client.drain();
    server.connections[0]?.reset();
    expect(await pending).toMatchObject({ code: 'connection-lost' });
    await drained;
    expect(server.accepted).toBe(1);
  });

  it('fails what waits for a client, at once', async () => {
    const client = await sender({ address: await deadAddress(), waitForReady: true, ...lazy });
    const waiting = failureOf(client.send(onePlusOne));
    const drained = client.drain();
    expect(await waiting).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    await drained;
  });

  it('closes at once where nothing may take time', async () => {
    const client = await sender({ address: (await peer()).address });
    const pending = failureOf(client.send(onePlusOne));
    await client.drain({ timeoutMs: 0 });
    expect(await pending).toMatchObject({ code: 'closed' });
  });

  it('drains as a whole where its group is drained', async () => {
    const client = await sender({ address: await deadAddress(), waitForReady: true, ...lazy });
    const waiting = failureOf(client.send(onePlusOne));
    const drained = client.group.drain({ timeoutMs: 5_000 });
    expect(await waiting).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    await drained;
    expect(Object.keys(client.group)).toEqual(['done']);
  });

  it('refuses a limit that is none', async () => {
    const client = await sender({ address: (await peer(adds)).address });
    for (const timeoutMs of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(client.group.drain({ timeoutMs })).rejects.toMatchObject({ code: 'invalid-argument' });
    }
    expect(await client.send(onePlusOne)).toBe(2);
  });
});

describe('a sender that comes to its end by itself', () => {
  const reconnect = false;

  it('is closed when its connection is lost and it must not reconnect', async () => {
    const server = await peer(adds);
    const client = await sender({ address: server.address, reconnect });
    expect(await client.send(onePlusOne)).toBe(2);
    server.connections[0]?.reset();
    await client.done;
    const late = await failureOf(client.send(onePlusOne));
    expect(late).toMatchObject({ code: 'closed', cause: { code: 'connection-lost' } });
    expect(server.accepted).toBe(1);
  });

  it.each<[string, Partial<SenderOptions>]>([
    ['connect', {}],
    ['resolve the address', { address: () => Promise.reject(new Error('no such service')) }],
  ])('fails what waits when it cannot %s and must not try again', async (_, options) => {
    const client = await sender({
      address: await deadAddress(),
      reconnect,
      lazy: true,
      waitForReady: true,
      ...options,
    });
    const waiting = await failureOf(client.send(onePlusOne, { timeoutMs: Number.POSITIVE_INFINITY }));
    expect(waiting).toMatchObject({ code: 'closed', mayHaveExecuted: false, cause: { code: 'connect-failed' } });
    await client.done;
    if (options.address !== undefined) expectWarning('no such service');
  });

  it('leaves no timer, whatever is sent to it afterwards', async () => {
    const client = await sender({ address: (await peer(adds)).address });
    await client.close();
    expect((await failureOf(client.send(onePlusOne, { timeoutMs: 60_000 }))).code).toBe('closed');
    expect((await failureOf(client.sendMulti(calc.Countdown({ from: 1 }), () => {}))).code).toBe('closed');
  });
});

it('a sender may be closed by a hook that hears of a Command failing', async () => {
  const server = await peer();
  const closed: Promise<void>[] = [];
  const client: Client = await sender({
    address: server.address,
    clients: 3,
    hooks: () => ({ onError: () => void closed.push(client.close(), client.drain()) }),
  });
  const pending = Array.from({ length: 6 }, () => failureOf(client.send(onePlusOne)));
  await soon(() => server.commands.length).toBe(6);
  await client.closeAndWait(20);
  await Promise.all(closed);
  expect(closed).toHaveLength(12);
  for (const error of await Promise.all(pending)) expect(error.code).toBe('closed');
});
