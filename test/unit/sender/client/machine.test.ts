import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientInput } from '../../../../machines/client.ts';
import { readyClient, startClient, turn } from './fake-link.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn');
});
afterEach(() => {
  // XState warns of events to actors that are stopped.
  expect(console.warn).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

const steady = { connected: { steady: 'home' } };
const refused = new Error('connect ECONNREFUSED');
const lost = { type: 'connection.lost', error: new Error('read ECONNRESET') } as const;
type Timings = ClientInput['timings'];

describe('a client that connects', () => {
  it('is ready once the dial is through', async () => {
    const client = startClient();
    expect(client.state).toHaveProperty('connecting');
    await client.dialled();
    expect(client.state).toEqual(steady);
    expect(client.link.calls).toEqual(['connect', 'open']);
    expect(client.reports).toEqual([
      { phase: 'connecting', error: undefined },
      { phase: 'ready', error: undefined },
    ]);
  });

  it('waits and dials again when the dial fails', async () => {
    const client = startClient();
    await client.dialled(refused);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.reports.at(-1)).toEqual({ phase: 'reconnecting', error: refused });
    client.clock.advance(5);
    expect(client.state).toHaveProperty('reconnecting.dialling');
    await client.dialled();
    expect(client.state).toEqual(steady);
    expect(client.context.error).toBeUndefined();
  });

  it('F4: waits with the longest backoff where there is another service at every address', async () => {
    const client = startClient();
    client.link.otherService = true;
    await client.dialled(new Error('mismatch'));
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.context).toMatchObject({ attempt: 1, delayMs: 40 });
    client.clock.advance(40);
    client.link.otherService = false;
    await client.dialled(new Error('mismatch'));
    expect(client.context).toMatchObject({ attempt: 2, delayMs: 10 });
    client.clock.advance(10);
    await client.dialled();
    expect(client.state).toEqual(steady);
  });

  it('F4: tries every other address at once when it reconnects as well', async () => {
    const client = await readyClient();
    client.link.connection.tell(lost);
    client.clock.advance(5);
    client.link.untriedAddresses = 2;
    await client.dialled(new Error('mismatch'));
    client.clock.advance(1_001);
    expect(client.link.dials).toHaveLength(4);
    expect(client.state).toHaveProperty('reconnecting.dialling');
    await client.dialled(refused);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
  });

  it('is closed by any error where it must not reconnect', async () => {
    const client = startClient({ reconnect: false });
    await client.dialled(refused);
    expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: refused });
    expect(client.clock.timers).toBe(0);
  });

  it('gives up a dial that takes too long, and goes on as after one that failed', async () => {
    const client = startClient();
    client.clock.advance(999);
    expect(client.link.dial.signal.aborted).toBe(false);
    client.clock.advance(2);
    expect(client.link.dial.signal.aborted).toBe(true);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.context.error?.message).toBe('handshake overdue');
    client.clock.advance(5);
    client.clock.advance(1_001);
    expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    const impatient = startClient({ reconnect: false });
    impatient.clock.advance(1_001);
    expect(impatient.actor.getSnapshot().output?.error?.message).toBe('handshake overdue');
  });

  it('tries every address once before it waits, or is closed', async () => {
    for (const reconnect of [true, false]) {
      const client = startClient({ reconnect });
      client.link.untriedAddresses = 2;
      await client.dialled(refused);
      expect(client.state).toHaveProperty('connecting');
      client.clock.advance(1_001);
      expect(client.state).toHaveProperty('connecting');
      expect(client.reports.at(-1)).toMatchObject({ phase: 'connecting', error: { message: 'handshake overdue' } });
      expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
      await client.dialled(refused);
      expect(client.state).toEqual(reconnect ? { reconnecting: 'waiting' } : 'closed');
    }
  });

  it('hears nothing of a dial that it has given up', async () => {
    const client = startClient();
    client.clock.advance(1_001);
    const [first] = client.link.dials;
    client.clock.advance(5);
    first?.done();
    await turn();
    expect(client.state).toHaveProperty('reconnecting.dialling');
    first?.fail(new Error('mismatch'));
    await client.dialled();
    expect(client.state).toEqual(steady);
  });

  it('dials again when the address that it dials is none to use any more', async () => {
    const client = startClient();
    client.actor.send({ type: 'addresses.changed' });
    expect(client.link.dials).toHaveLength(1);
    client.link.dialIsCurrent = false;
    client.actor.send({ type: 'addresses.changed' });
    expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    await client.dialled(refused);
    client.clock.advance(5);
    expect(client.link.dials).toHaveLength(3);
    client.actor.send({ type: 'addresses.changed' });
    expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([true, false, true, false]);
    expect(client.state).toHaveProperty('reconnecting.dialling');
  });
});

describe('the waits of a client', () => {
  it('are a random share of a bound that doubles up to its maximum', async () => {
    const client = startClient();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      await client.dialled(refused);
      expect(client.context).toMatchObject({ attempt: attempt + 1 });
      waits.push(client.context.delayMs);
      client.clock.advance(client.context.delayMs - 0.5);
      expect(client.link.dials).toHaveLength(attempt + 1);
      client.clock.advance(0.5);
      expect(client.link.dials).toHaveLength(attempt + 2);
    }
    expect(waits).toEqual([5, 10, 20, 40, 40, 40]);
  });

  it('are not longer than until its turn, while no client of the group is connected', async () => {
    const client = startClient();
    client.link.turnMs = 2;
    await client.dialled(refused);
    expect(client.context.delayMs).toBe(3);
    client.link.turnMs = 1_000;
    client.clock.advance(3);
    await client.dialled(refused);
    expect(client.context.delayMs).toBe(10);
  });

  it('are cut short when another client comes through, once for each connection that lives', async () => {
    const client = startClient();
    for (let attempt = 0; attempt < 3; attempt++) {
      await client.dialled(refused);
      if (attempt < 2) client.clock.advance(client.context.delayMs);
    }
    expect(client.context).toMatchObject({ attempt: 3, delayMs: 20 });
    client.actor.send({ type: 'client.hurry' });
    expect(client.context).toMatchObject({ attempt: 3, delayMs: 5 });
    expect(client.state).toEqual({ reconnecting: 'hurrying' });
    client.clock.advance(5);
    await client.dialled(refused);
    client.actor.send({ type: 'client.hurry' });
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    client.clock.advance(40);
    await client.dialled();
    client.clock.advance(400);
    client.link.connection.tell(lost);
    client.actor.send({ type: 'client.hurry' });
    expect(client.state).toEqual({ reconnecting: 'hurrying' });
  });

  it('go on growing over connections that do not live, and start again after one that does', async () => {
    const client = await readyClient();
    client.clock.advance(399);
    client.link.connection.tell(lost);
    expect(client.context.delayMs).toBe(5);
    client.clock.advance(5);
    await client.dialled();
    client.clock.advance(100);
    client.link.connection.tell(lost);
    expect(client.context.delayMs).toBe(10);
    client.clock.advance(10);
    await client.dialled();
    client.clock.advance(400);
    client.link.connection.tell(lost);
    expect(client.context.delayMs).toBe(5);
  });
});

describe('a client that is ready', () => {
  it('reconnects when its connection is lost, or is closed where it must not', async () => {
    const client = await readyClient();
    client.link.connection.tell(lost);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.link.calls.slice(2)).toEqual(['refuse', 'dispose']);
    expect(client.reports.at(-1)).toEqual({ phase: 'reconnecting', error: lost.error });
    const other = await readyClient({ reconnect: false });
    other.link.connection.tell(lost);
    expect(other.actor.getSnapshot().output).toEqual({ id: 7, error: lost.error });
  });

  it('F6: dials at once when it is sent away; soon after that only where it is worth while, and waits otherwise', async () => {
    const client = await readyClient();
    const goodbye = { type: 'connection.goodbye', error: new Error('a is shutting down') } as const;
    client.link.connection.tell(goodbye);
    expect(client.state).toHaveProperty('connecting');
    await client.dialled();
    client.link.worthMoving = true;
    client.link.connection.tell(goodbye);
    expect(client.state).toHaveProperty('connecting');
    await client.dialled();
    client.link.worthMoving = false;
    client.link.connection.tell(goodbye);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    client.clock.advance(client.context.delayMs);
    await client.dialled();
    client.clock.advance(400);
    client.link.connection.tell(goodbye);
    expect(client.state).toHaveProperty('connecting');
  });

  it('hears nothing of a connection that is over', async () => {
    const client = await readyClient();
    const { tell } = client.link.connection;
    tell(lost);
    client.clock.advance(5);
    await client.dialled();
    for (const event of [lost, { type: 'pong.received' }, { type: 'pending.settled' }] as const) tell(event);
    expect(client.state).toEqual(steady);
  });

  it('stays where it is when other addresses than its own change', async () => {
    const client = await readyClient();
    client.actor.send({ type: 'addresses.changed' });
    expect(client.state).toEqual(steady);
  });
});

describe('a client whose connection is to be replaced', () => {
  const replaced: [why: string, replace: (client: Awaited<ReturnType<typeof readyClient>>) => void][] = [
    ['is worn', ({ link }) => link.connection.tell({ type: 'connection.worn' })],
    [
      'has an address that is gone',
      ({ link, actor }) => {
        link.connection.addressIsCurrent = false;
        actor.send({ type: 'addresses.changed' });
      },
    ],
  ];

  /** Ready, with three pending Commands, and with the dial for another connection under way. */
  async function renewing(replace: (typeof replaced)[number][1], input: Partial<ClientInput> = {}) {
    const client = await readyClient(input);
    client.link.connection.pending = 3;
    client.link.connection.worn = true;
    replace(client);
    client.clock.advance(1);
    return client;
  }

  it.each(replaced)('%s: dials another one beside it, and stays ready', async (_, replace) => {
    const client = await renewing(replace);
    expect(client.state).toEqual({ connected: { dialling: 'inTime' } });
    expect(client.link.calls).toEqual(['connect', 'open', 'connect']);
    const [old] = client.link.connections;
    await client.dialled();
    expect(client.state).toEqual(steady);
    expect(client.link.calls.slice(3)).toEqual(['open 2', 'refuse', 'await settled']);
    old?.tell({ type: 'pending.settled' });
    expect(client.link.calls.slice(6)).toEqual(['dispose']);
    expect(client.state).toEqual(steady);
    expect(client.reports.map(({ phase }) => phase)).toEqual(['connecting', 'ready']);
  });

  it('ends the old one at once where nothing is pending there', async () => {
    const client = await renewing(replaced[0]?.[1] as never);
    client.link.connection.pending = 0;
    await client.dialled();
    expect(client.link.calls.slice(3)).toEqual(['open 2', 'refuse', 'await settled', 'dispose']);
  });

  it('gives what is pending all the time it takes, and drainTimeoutMs where the address is gone', async () => {
    const timings = { keepaliveTimeMs: Number.POSITIVE_INFINITY } as Timings;
    for (const [why, replace] of replaced) {
      const client = await renewing(replace, { timings });
      await client.dialled();
      client.clock.advance(4_999);
      expect(client.link.calls.includes('dispose'), why).toBe(false);
      client.clock.advance(60_000);
      expect(client.link.calls.includes('dispose'), why).toBe(why !== 'is worn');
      expect(client.state).toEqual(steady);
    }
  });

  it('stays with the old one when the dial fails, or takes too long, and tries again with growing waits', async () => {
    const client = await renewing(replaced[0]?.[1] as never);
    await client.dialled(new Error('mismatch'));
    expect(client.state).toEqual({ connected: 'waiting' });
    client.clock.advance(4);
    expect(client.link.dials).toHaveLength(2);
    client.clock.advance(1);
    expect(client.link.dials).toHaveLength(3);
    // The old one is kept alive meanwhile.
    for (let step = 0; step < 5; step++) {
      client.clock.advance(200);
      client.link.connection.answers();
    }
    client.clock.advance(1);
    expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([false, false, true]);
    client.clock.advance(9);
    expect(client.link.dials).toHaveLength(3);
    client.clock.advance(1);
    expect(client.link.dials).toHaveLength(4);
    expect(client.link.calls.includes('refuse')).toBe(false);
    expect(client.context).toMatchObject({ attempt: 0, delayMs: 0, error: undefined });
    await client.dialled();
    expect(client.state).toEqual(steady);
  });

  it('reconnects when the old one is lost meanwhile; one that was retired may be lost without that', async () => {
    const client = await renewing(replaced[0]?.[1] as never);
    client.link.connection.tell(lost);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.link.dial.signal.aborted).toBe(true);
    const other = await renewing(replaced[0]?.[1] as never);
    const [old] = other.link.connections;
    await other.dialled();
    old?.tell(lost);
    expect(other.state).toEqual(steady);
    expect(other.link.calls.at(-1)).toBe('dispose');
  });

  it('lets the old ones come to their end where it must not reconnect', async () => {
    const client = await renewing(replaced[0]?.[1] as never, { reconnect: false });
    const [old] = client.link.connections;
    await client.dialled();
    client.link.connection.tell(lost);
    expect(client.state).toBe('ending');
    expect(client.reports.at(-1)).toEqual({ phase: 'draining', error: lost.error });
    expect(client.link.calls.includes('dispose')).toBe(false);
    old?.tell({ type: 'pending.settled' });
    expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: lost.error });
  });

  it('keeps eight old ones at most: the ninth goes once another has', async () => {
    const client = await readyClient();
    for (let count = 0; count < 9; count++) {
      Object.assign(client.link.connection, { pending: 1, worn: true });
      for (const connection of client.link.connections) connection.answers();
      client.link.connection.tell({ type: 'connection.worn' });
      client.clock.advance(1);
      if (count < 8) await client.dialled();
    }
    expect(client.state).toEqual({ connected: 'blocked' });
    expect(client.link.dials).toHaveLength(9);
    client.link.connections[3]?.tell({ type: 'pending.settled' });
    expect(client.state).toEqual({ connected: { dialling: 'inTime' } });
  });

  it('drains the old ones as well, and closes them', async () => {
    for (const end of ['settled', 'late', 'closed'] as const) {
      const client = await renewing(replaced[0]?.[1] as never);
      const [old] = client.link.connections;
      await client.dialled();
      client.actor.send({ type: 'client.drain', timeoutMs: 100 });
      expect(client.state).toBe('draining');
      client.clock.advance(99);
      if (end === 'settled') old?.tell({ type: 'pending.settled' });
      if (end === 'late') client.clock.advance(1);
      if (end === 'closed') client.actor.send({ type: 'client.close' });
      expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: undefined });
      expect(client.link.calls.filter((call) => call.startsWith('dispose')).sort()).toEqual(['dispose', 'dispose 2']);
      expect(client.clock.timers).toBe(0);
    }
  });

  it('drains the old ones while it reconnects', async () => {
    const client = await renewing(replaced[0]?.[1] as never);
    const [old] = client.link.connections;
    await client.dialled();
    client.link.connection.tell(lost);
    client.actor.send({ type: 'client.drain', timeoutMs: 100 });
    expect(client.state).toBe('draining');
    old?.tell({ type: 'pending.settled' });
    expect(client.state).toBe('closed');
  });
});

describe('a client that is drained', () => {
  it('is closed at once where nothing is pending', async () => {
    const client = await readyClient();
    client.actor.send({ type: 'client.drain', timeoutMs: 100 });
    expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: undefined });
    expect(client.link.calls.slice(2)).toEqual(['refuse', 'await settled', 'dispose']);
  });

  it('is closed when what is pending has settled, at the latest after the limit', async () => {
    for (const how of ['settled', 'late', 'lost'] as const) {
      const client = await readyClient();
      client.link.connection.pending = 1;
      client.actor.send({ type: 'client.drain', timeoutMs: 100 });
      client.clock.advance(99);
      expect(client.state).toBe('draining');
      if (how === 'settled') client.link.connection.tell({ type: 'pending.settled' });
      if (how === 'late') client.clock.advance(1);
      if (how === 'lost') client.link.connection.tell(lost);
      expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: undefined });
      expect(client.link.calls.at(-1)).toBe('dispose');
      expect(client.clock.timers).toBe(0);
    }
  });
});

describe.each([
  ['client.close', { type: 'client.close' }],
  ['client.drain', { type: 'client.drain', timeoutMs: 60_000 }],
] as const)('%s', (_, event) => {
  type Client = Awaited<ReturnType<typeof readyClient>>;
  const pinging = (client: Client, ms: number) => {
    client.clock.advance(ms);
    return client;
  };
  const states: [state: string, reach: () => Promise<Client>][] = [
    ['connecting', async () => startClient()],
    ['steady', () => readyClient()],
    [
      'connected',
      async () => {
        const client = await readyClient();
        client.link.connection.worn = true;
        client.link.connection.tell({ type: 'connection.worn' });
        return pinging(client, 1);
      },
    ],
    [
      'waiting',
      async () => {
        const client = startClient();
        await client.dialled(refused);
        return client;
      },
    ],
    [
      'dialling',
      async () => {
        const client = startClient();
        await client.dialled(refused);
        return pinging(client, 5);
      },
    ],
  ];

  it.each(states)('closes a client that is %s, and leaves no timer, dial or connection', async (state, reach) => {
    const client = await reach();
    expect(JSON.stringify(client.state)).toContain(state);
    client.actor.send(event);
    expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: undefined });
    expect(client.clock.timers).toBe(0);
    const { calls, dials } = client.link;
    expect(calls.filter((call) => call === 'open')).toHaveLength(calls.filter((call) => call === 'dispose').length);
    if (/connecting|dialling|connected/.test(state)) expect(dials.at(-1)?.signal.aborted).toBe(true);
    const callsThen = calls.length;
    client.link.dials.at(-1)?.done();
    await turn();
    expect(calls).toHaveLength(callsThen);
  });
});

it('a client that drains is closed by a close', async () => {
  const client = await readyClient();
  client.link.connection.pending = 1;
  client.actor.send({ type: 'client.drain', timeoutMs: 60_000 });
  client.actor.send({ type: 'client.drain', timeoutMs: 60_000 });
  client.actor.send({ type: 'client.close' });
  expect(client.actor.getSnapshot().status).toBe('done');
  expect(client.clock.timers).toBe(0);
});
