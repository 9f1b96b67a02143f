import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientInput } from '../../../machines/client.ts';
import { readyClient, startClient, turn } from './fake-link.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn');
});
afterEach(() => {
  // XState warns of events to actors that are stopped.
  expect(console.warn).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

const idle = { connected: { ready: 'idle' } };
const refused = new Error('connect ECONNREFUSED');
const lost = { type: 'connection.lost', error: new Error('read ECONNRESET') } as const;
type Timings = ClientInput['timings'];

describe('a client that connects', () => {
  it('is ready once the dial is through', async () => {
    const client = startClient();
    expect(client.state).toBe('connecting');
    await client.dialled();
    expect(client.state).toEqual(idle);
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
    expect(client.state).toEqual({ reconnecting: 'dialling' });
    await client.dialled();
    expect(client.state).toEqual(idle);
    expect(client.context.error).toBeUndefined();
  });

  it('is closed by an error that is final, at the first dial and at a later one', async () => {
    const mismatch = new Error('mismatch');
    const first = startClient();
    await first.dialled(mismatch);
    expect(first.actor.getSnapshot().output).toEqual({ id: 7, error: mismatch });
    const later = startClient();
    await later.dialled(refused);
    later.clock.advance(5);
    await later.dialled(mismatch);
    expect(later.actor.getSnapshot().output).toEqual({ id: 7, error: mismatch });
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
    client.clock.advance(1);
    expect(client.link.dial.signal.aborted).toBe(true);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.context.error?.message).toBe('handshake overdue');
    client.clock.advance(5);
    client.clock.advance(1_000);
    expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    const impatient = startClient({ reconnect: false });
    impatient.clock.advance(1_000);
    expect(impatient.actor.getSnapshot().output?.error?.message).toBe('handshake overdue');
  });

  it('tries every address once before it waits, or is closed', async () => {
    for (const reconnect of [true, false]) {
      const client = startClient({ reconnect });
      client.link.untriedAddresses = 2;
      await client.dialled(refused);
      expect(client.state).toBe('connecting');
      client.clock.advance(1_000);
      expect(client.state).toBe('connecting');
      expect(client.reports.at(-1)).toMatchObject({ phase: 'connecting', error: { message: 'handshake overdue' } });
      expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([false, true, false]);
      await client.dialled(refused);
      expect(client.state).toEqual(reconnect ? { reconnecting: 'waiting' } : 'closed');
    }
  });

  it('does not try the other addresses after an error that is final', async () => {
    const client = startClient();
    client.link.untriedAddresses = 2;
    await client.dialled(new Error('mismatch'));
    expect(client.state).toBe('closed');
  });

  it('hears nothing of a dial that it has given up', async () => {
    const client = startClient();
    client.clock.advance(1_000);
    const [first] = client.link.dials;
    client.clock.advance(5);
    first?.done();
    await turn();
    expect(client.state).toEqual({ reconnecting: 'dialling' });
    first?.fail(new Error('mismatch'));
    await client.dialled();
    expect(client.state).toEqual(idle);
  });

  it('dials again when the address that it dials is none to use any more', async () => {
    const client = startClient();
    client.actor.send({ type: 'addresses.changed' });
    expect(client.link.dials).toHaveLength(1);
    client.link.addressIsCurrent = false;
    client.actor.send({ type: 'addresses.changed' });
    expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    await client.dialled(refused);
    client.clock.advance(5);
    expect(client.link.dials).toHaveLength(3);
    client.actor.send({ type: 'addresses.changed' });
    expect(client.link.dials.map(({ signal }) => signal.aborted)).toEqual([true, false, true, false]);
    expect(client.state).toEqual({ reconnecting: 'dialling' });
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

  it('go on growing over connections that do not live, and start again after one that does', async () => {
    const client = await readyClient();
    client.clock.advance(399);
    client.link.tell(lost);
    expect(client.context.delayMs).toBe(5);
    client.clock.advance(5);
    await client.dialled();
    client.clock.advance(100);
    client.link.tell(lost);
    expect(client.context.delayMs).toBe(10);
    client.clock.advance(10);
    await client.dialled();
    client.clock.advance(400);
    client.link.tell(lost);
    expect(client.context.delayMs).toBe(5);
  });
});

describe('a client that is ready', () => {
  it('reconnects when its connection is lost, or is closed where it must not', async () => {
    const client = await readyClient();
    client.link.tell(lost);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.link.calls.slice(2)).toEqual(['refuse', 'dispose']);
    expect(client.reports.at(-1)).toEqual({ phase: 'reconnecting', error: lost.error });
    const other = await readyClient({ reconnect: false });
    other.link.tell(lost);
    expect(other.actor.getSnapshot().output).toEqual({ id: 7, error: lost.error });
  });

  it('hears nothing of a connection that is over', async () => {
    const client = await readyClient();
    const { tell } = client.link;
    tell(lost);
    client.clock.advance(5);
    await client.dialled();
    for (const event of [lost, { type: 'pong.received' }, { type: 'pending.settled' }] as const) tell(event);
    expect(client.state).toEqual(idle);
  });

  it('pings when nothing has arrived for the keepalive time, and is idle again with the pong', async () => {
    const client = await readyClient();
    client.clock.advance(299);
    expect(client.state).toEqual(idle);
    client.clock.advance(1);
    expect(client.state).toEqual({ connected: { ready: 'pinging' } });
    expect(client.link.calls.filter((call) => call === 'ping')).toHaveLength(1);
    client.clock.advance(100);
    client.link.quietSinceMs = client.clock.monotonicMs();
    client.link.tell({ type: 'pong.received' });
    expect(client.state).toEqual(idle);
    client.clock.advance(199);
    expect(client.state).toEqual(idle);
    client.clock.advance(1);
    expect(client.state, 'the keepalive time after the last Ping').toEqual({ connected: { ready: 'pinging' } });
  });

  it.each([
    ['does not ping while both sides speak', true, true, 0],
    ['pings while only the peer speaks, which would otherwise find this side silent', true, false, 6],
    ['pings while only this side speaks', false, true, 1],
  ])('%s', async (_, arrives, sends, pings) => {
    const client = await readyClient();
    for (let step = 0; step < 40; step++) {
      client.clock.advance(50);
      if (arrives) client.link.quietSinceMs = client.clock.monotonicMs();
      if (sends) client.link.idleSinceMs = client.clock.monotonicMs();
      if (arrives && client.state !== idle) client.link.tell({ type: 'pong.received' });
    }
    expect(client.link.calls.filter((call) => call === 'ping')).toHaveLength(pings);
  });

  it('loses a peer that does not answer a ping, within keepalive time + ping timeout', async () => {
    const client = await readyClient();
    client.clock.advance(500);
    expect(client.state).toEqual({ connected: { ready: 'overdue' } });
    client.clock.advance(1);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
    expect(client.context.error?.message).toBe('ping overdue');
  });

  it('loses a peer that dies right after it has said something in place of a pong, within the same time', async () => {
    const client = await readyClient();
    client.clock.advance(400);
    client.link.quietSinceMs = client.clock.monotonicMs();
    client.clock.advance(101);
    expect(client.state).toEqual(idle);
    client.clock.advance(99 + 200);
    expect(client.state).toEqual({ connected: { ready: 'overdue' } });
    client.clock.advance(1);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
  });

  it('takes a pong that lies there when a busy process comes back', async () => {
    const client = await readyClient();
    client.clock.advance(500);
    client.link.quietSinceMs = client.clock.monotonicMs();
    client.link.tell({ type: 'pong.received' });
    expect(client.state).toEqual(idle);
  });

  it('never pings where the keepalive time is endless', async () => {
    const client = await readyClient({ timings: { keepaliveTimeMs: Number.POSITIVE_INFINITY } as Timings });
    client.clock.advance(100 * 24 * 3_600_000);
    expect(client.state).toEqual(idle);
    expect(client.link.calls).not.toContain('ping');
  });

  it('stays where it is when other addresses than its own change', async () => {
    const client = await readyClient();
    client.actor.send({ type: 'addresses.changed' });
    expect(client.state).toEqual(idle);
  });
});

describe('a client whose address is gone', () => {
  async function moving() {
    const client = await readyClient();
    client.link.pending = 3;
    client.link.addressIsCurrent = false;
    client.actor.send({ type: 'addresses.changed' });
    expect(client.state).toEqual({ connected: 'moving' });
    expect(client.link.calls.slice(2)).toEqual(['refuse', 'await idle']);
    client.link.addressIsCurrent = true;
    return client;
  }

  it('dials another at once where nothing is pending', async () => {
    const client = await readyClient();
    client.link.addressIsCurrent = false;
    client.actor.send({ type: 'addresses.changed' });
    expect(client.state).toBe('connecting');
    expect(client.link.calls.slice(2)).toEqual(['refuse', 'await idle', 'dispose', 'connect']);
    await client.dialled();
    expect(client.state).toEqual(idle);
  });

  it('waits for what is pending first', async () => {
    const client = await moving();
    client.clock.advance(4_999);
    expect(client.link.calls).not.toContain('dispose');
    client.link.tell({ type: 'pending.settled' });
    expect(client.state).toBe('connecting');
    expect(client.context.error).toBeUndefined();
  });

  it('waits no longer than the drain timeout', async () => {
    const client = await moving();
    client.clock.advance(5_000);
    expect(client.state).toBe('connecting');
    expect(client.context.error?.message).toBe('results overdue');
  });

  it('reconnects when its connection is lost meanwhile', async () => {
    const client = await moving();
    client.link.tell(lost);
    expect(client.state).toEqual({ reconnecting: 'waiting' });
  });

  it('can be drained meanwhile, with the limit of the drain', async () => {
    const client = await moving();
    client.actor.send({ type: 'client.drain', timeoutMs: 100 });
    expect(client.state).toEqual({ connected: 'draining' });
    client.clock.advance(100);
    expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: undefined });
  });
});

describe('a client that is drained', () => {
  it('is closed at once where nothing is pending', async () => {
    const client = await readyClient();
    client.actor.send({ type: 'client.drain', timeoutMs: 100 });
    expect(client.actor.getSnapshot().output).toEqual({ id: 7, error: undefined });
    expect(client.link.calls.slice(2)).toEqual(['refuse', 'await idle', 'dispose']);
  });

  it('is closed when what is pending has settled, at the latest after the limit', async () => {
    for (const how of ['settled', 'late', 'lost'] as const) {
      const client = await readyClient();
      client.link.pending = 1;
      client.actor.send({ type: 'client.drain', timeoutMs: 100 });
      client.clock.advance(99);
      expect(client.state).toEqual({ connected: 'draining' });
      if (how === 'settled') client.link.tell({ type: 'pending.settled' });
      if (how === 'late') client.clock.advance(1);
      if (how === 'lost') client.link.tell(lost);
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
    ['idle', () => readyClient()],
    ['pinging', async () => pinging(await readyClient(), 300)],
    ['overdue', async () => pinging(await readyClient(), 500)],
    [
      'moving',
      async () => {
        const client = await readyClient();
        client.link.addressIsCurrent = false;
        client.link.pending = 1;
        client.actor.send({ type: 'addresses.changed' });
        client.link.pending = 0;
        return client;
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
    if (/connecting|dialling/.test(state)) expect(dials.at(-1)?.signal.aborted).toBe(true);
    const callsThen = calls.length;
    client.link.dial.done();
    await turn();
    expect(calls).toHaveLength(callsThen);
  });
});

it('a client that drains is closed by a close', async () => {
  const client = await readyClient();
  client.link.pending = 1;
  client.actor.send({ type: 'client.drain', timeoutMs: 60_000 });
  client.actor.send({ type: 'client.drain', timeoutMs: 60_000 });
  client.actor.send({ type: 'client.close' });
  expect(client.actor.getSnapshot().status).toBe('done');
  expect(client.clock.timers).toBe(0);
});
