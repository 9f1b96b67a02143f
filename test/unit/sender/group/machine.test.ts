import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AnyActorRef, createActor } from 'xstate';
import { groupMachine } from '../../../../machines/group.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { FakeLink, turn } from '../client/fake-link.ts';

beforeEach(() => {
  vi.spyOn(console, 'warn');
});
afterEach(() => {
  // XState warns of events to actors that are stopped.
  expect(console.warn).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

const timings = {
  handshakeTimeoutMs: 1_000,
  keepaliveTimeMs: Number.POSITIVE_INFINITY,
  pingTimeoutMs: 1_000,
  lateTimeMs: 3_000,
  drainTimeoutMs: 5_000,
  backoffInitialMs: 10,
  backoffMaxMs: 10,
  backoffFactor: 1,
  backoffResetMs: 1_000,
};

function startGroup(size: number, { reconnect = true } = {}) {
  const clock = new VirtualClock();
  const links = Array.from({ length: size }, () => new FakeLink(clock));
  const actor = createActor(groupMachine, {
    clock,
    input: {
      clients: links.map((link, id) => ({ id, link, timings, reconnect, random: () => 0.5 })),
      nameOf: (id) => `client ${id}`,
    },
  }).start();
  const link = (id: number) => links[id] as FakeLink;
  return {
    actor,
    clock,
    link,
    get state() {
      return actor.getSnapshot().value;
    },
    get context() {
      return actor.getSnapshot().context;
    },
    async connected(...ids: number[]) {
      for (const id of ids) link(id).dial.done();
      await turn();
    },
    async refused(id: number, message = 'connect ECONNREFUSED') {
      link(id).dial.fail(new Error(message));
      await turn();
    },
    lose(id: number, message = 'read ECONNRESET') {
      link(id).connection.tell({ type: 'connection.lost', error: new Error(message) });
    },
  };
}

describe('the state of a group', () => {
  it('is what the states of its clients add up to', async () => {
    const group = startGroup(3);
    expect(group.state).toBe('starting');
    await group.refused(0);
    expect(group.state).toBe('starting');
    await group.connected(1);
    expect(group.state).toBe('degraded');
    await group.connected(2);
    expect(group.context.phases).toEqual(['reconnecting', 'ready', 'ready']);
    group.clock.advance(5);
    await group.connected(0);
    expect(group.state).toBe('ready');
    group.lose(1);
    expect(group.state).toBe('degraded');
    group.lose(0);
    group.lose(2);
    expect(group.state).toBe('unavailable');
    group.clock.advance(5);
    await group.connected(0);
    expect(group.state).toBe('degraded');
    await group.connected(1, 2);
    expect(group.state).toBe('ready');
  });

  it('is unavailable once the first attempt of every client has failed', async () => {
    const group = startGroup(2);
    await group.refused(1);
    expect(group.state).toBe('starting');
    await group.refused(0);
    expect(group.state).toBe('unavailable');
  });

  it('is closed when the last client has closed by itself', async () => {
    const group = startGroup(2, { reconnect: false });
    await group.connected(0);
    await group.refused(1);
    expect(group.state).toBe('degraded');
    expect(group.context.phases).toEqual(['ready', 'closed']);
    group.lose(0, 'lost');
    expect(group.actor.getSnapshot().status).toBe('done');
    expect(group.context.error?.message).toBe('lost');
    const other = startGroup(1, { reconnect: false });
    await other.refused(0);
    expect(other.state).toBe('closed');
    const lost = startGroup(1, { reconnect: false });
    await lost.connected(0);
    lost.lose(0);
    expect(lost.state).toBe('closed');
  });
});

describe('the error of a group', () => {
  it('is the newest of those that keep a client from being ready', async () => {
    const group = startGroup(3);
    await group.connected(0, 1, 2);
    expect(group.context.error).toBeUndefined();
    group.lose(0, 'first');
    group.lose(1, 'second');
    expect(group.context.error?.message).toBe('second');
    group.clock.advance(5);
    await group.refused(0, 'third');
    expect(group.context.error?.message).toBe('third');
    group.clock.advance(5);
    await group.connected(0);
    expect(group.context.error?.message).toBe('second');
    await group.connected(1);
    expect(group.state).toBe('ready');
    expect(group.context.error).toBeUndefined();
  });

  it('is none once the group was asked to close', async () => {
    const group = startGroup(2);
    await group.refused(0);
    expect(group.context.error?.message).toBe('connect ECONNREFUSED');
    group.actor.send({ type: 'group.close' });
    expect(group.state).toBe('closed');
    expect(group.context.error).toBeUndefined();
  });
});

it('a group passes changed addresses on to the clients that are open', async () => {
  const group = startGroup(3);
  await group.connected(0, 1);
  group.context.clients[2]?.send({ type: 'client.close' });
  group.link(0).connection.addressIsCurrent = false;
  group.actor.send({ type: 'addresses.changed' });
  expect(group.link(0).dials).toHaveLength(2);
  expect(group.link(1).dials).toHaveLength(1);
  expect(group.context.phases).toEqual(['ready', 'ready', 'closed']);
});

describe('closing a group', () => {
  it('closes every client, whatever it is doing', async () => {
    const group = startGroup(4);
    await group.connected(0);
    await group.refused(1);
    group.context.clients[2]?.send({ type: 'client.close' });
    group.link(0).connection.pending = 3;
    group.actor.send({ type: 'group.close' });
    expect(group.state).toBe('closed');
    expect(group.context.phases).toEqual(['closed', 'closed', 'closed', 'closed']);
    expect(group.link(0).calls.at(-1)).toBe('dispose');
    expect(group.link(3).dial.signal.aborted).toBe(true);
    expect(group.clock.timers).toBe(0);
  });

  it('may be asked for by whoever hears of its Commands failing in the middle of it', async () => {
    const group = startGroup(3);
    await group.connected(0, 1, 2);
    for (const id of [0, 1]) {
      group.link(id).connection.pending = 1;
      const open = group.link(id).calls;
      const { push } = open;
      // What is pending fails when the connection is disposed, and its callers are told there and then.
      open.push = (call) => {
        if (call === 'dispose') group.actor.send({ type: 'group.close' });
        return push.call(open, call);
      };
    }
    group.actor.send({ type: 'group.drain', timeoutMs: 100 });
    expect(group.context.phases).toEqual(['draining', 'draining', 'closed']);
    group.clock.advance(100);
    expect(group.state).toBe('closed');
    expect(group.clock.timers).toBe(0);
  });
});

describe('draining a group', () => {
  it('closes it once nothing is pending anywhere', async () => {
    const group = startGroup(3);
    await group.connected(0, 1);
    group.link(0).connection.pending = 1;
    group.actor.send({ type: 'group.drain', timeoutMs: 1_000 });
    expect(group.state).toBe('draining');
    expect(group.context.phases).toEqual(['draining', 'closed', 'closed']);
    group.link(0).connection.tell({ type: 'pending.settled' });
    expect(group.state).toBe('closed');
    expect(group.clock.timers).toBe(0);
  });

  it.each([
    ['first', 100, 60_000],
    ['last', 60_000, 100],
  ])('ends at the earliest limit of all that were given, also when it came %s', async (_, one, other) => {
    const group = startGroup(1);
    await group.connected(0);
    group.link(0).connection.pending = 1;
    group.actor.send({ type: 'group.drain', timeoutMs: one });
    group.actor.send({ type: 'group.drain', timeoutMs: other });
    group.clock.advance(99);
    expect(group.state).toBe('draining');
    group.clock.advance(1);
    expect(group.state).toBe('closed');
    expect(group.clock.timers).toBe(0);
  });

  it('is cut short by a close', async () => {
    const group = startGroup(1);
    await group.connected(0);
    group.link(0).connection.pending = 1;
    group.actor.send({ type: 'group.drain', timeoutMs: 60_000 });
    group.actor.send({ type: 'group.close' });
    expect(group.state).toBe('closed');
    expect(group.clock.timers).toBe(0);
  });
});

it('a group names its clients for an inspector', () => {
  const names = startGroup(2).context.clients.map((client: AnyActorRef) => client.id);
  expect(names).toEqual(['client 0', 'client 1']);
});
