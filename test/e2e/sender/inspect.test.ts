import { setImmediate } from 'node:timers/promises';
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createCircuitBreaker, type InspectionObserver } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { failureOf, onePlusOne, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { answers, collect } from './support.ts';

const { peer, sender, expectWarning } = stage();

function watching() {
  const events: InspectionEvent[] = [];
  const inspect: InspectionObserver = (event: InspectionEvent) => events.push(event);
  /** The actors that were seen, in the order of their making. */
  const actors = () => [...new Set(events.map(({ actorRef }) => (actorRef as AnyActorRef).id))];
  /** The states that an actor was seen in. */
  const statesOf = (id: string) =>
    events.flatMap((event) =>
      event.type === '@xstate.snapshot' && (event.actorRef as AnyActorRef).id === id
        ? [(event.snapshot as unknown as { value: unknown }).value]
        : [],
    );
  /** What the snapshots of a request say of it. */
  const links = (id: string) =>
    events.flatMap((event) => {
      const link = 'snapshot' in event && 'context' in event.snapshot ? linkOf(event.snapshot.context) : undefined;
      return link?.id === id ? [link] : [];
    });
  return { events, inspect, actors, statesOf, links };
}

const linkOf = (context: unknown) => (context as { link?: { id: string } } | undefined)?.link;

/** An event with all that an observer can get at by it. */
function everything(event: InspectionEvent): unknown {
  const { id, getSnapshot, _parent } = event.actorRef as AnyActorRef;
  return { ...event, actor: id, snapshotNow: getSnapshot(), parentNow: _parent?.getSnapshot() };
}

it('an inspector sees the sender, its group, its clients, its circuit breaker, and every request', async () => {
  const { inspect, actors, statesOf } = watching();
  const server = await peer(answers);
  const client = await sender({ address: server.address, clients: 2, circuitBreaker: {}, inspect });
  await client.send(onePlusOne);
  await collect(client.sendMulti(calc.Countdown({ from: 3 })));
  await failureOf(client.send(calc.Wait({ ms: 1 }), { timeoutMs: 10 }));
  await failureOf(client.send(calc.Fail({ message: 'no' })));
  await failureOf(client.send(onePlusOne, { signal: AbortSignal.abort() }));
  await client.close();
  await setImmediate();
  expect(actors()).toEqual(
    expect.arrayContaining([
      ...['sender', 'group', 'addresses', 'circuit breaker'],
      ...[`client 0 @ ${server.address}`, `client 1 @ ${server.address}`],
    ]),
  );
  expect(actors().filter((id) => id.startsWith('request'))).toEqual([
    'request 1 Add',
    'request 2 Countdown',
    'request 3 Wait',
    'request 4 Fail',
    'request 5 Add',
  ]);
  expect(statesOf('request 1 Add')).toEqual(['queued', 'sent', 'succeeded']);
  expect(statesOf('request 2 Countdown')).toEqual(['queued', 'sent', 'receiving', 'receiving', 'succeeded']);
  expect(statesOf('request 3 Wait')).toEqual(['queued', 'sent', 'timedOut']);
  expect(statesOf('request 4 Fail')).toEqual(['queued', 'sent', 'failed']);
  expect(statesOf('request 5 Add')).toEqual(['queued', 'cancelled']);
});

it('an inspector sees no payloads: not those of Commands, of Results, nor of what failed', async () => {
  const { inspect, events, links } = watching();
  const server = await peer(answers);
  const client = await sender({ address: server.address, inspect });
  expect(await client.send(calc.Echo('a secret'))).toBe('a secret');
  expect((await failureOf(client.send(calc.Fail({ message: 'a secret' })))).message).toContain('a secret');
  await failureOf(client.send(calc.Echo('a secret'), { signal: AbortSignal.abort(new Error('a secret')) }));
  await client.close();
  const shown = JSON.stringify(events.map(everything));
  expect(shown).toContain('request 1 Echo');
  expect(shown).toContain('"value":"(hidden)"');
  expect(shown).not.toContain('secret');
  const echo = { id: 'request 1 Echo', command: 'Echo', state: 'succeeded', seq: 1, client: 0, timeoutMs: 30_000 };
  expect(links('request 1 Echo').at(-1)).toEqual(echo);
});

it('an inspector that asks for payloads sees them', async () => {
  const { inspect, events, links } = watching();
  const server = await peer(answers);
  const client = await sender({ address: server.address, inspect: { observer: inspect, payloads: true } });
  await client.send(calc.Echo('a question'));
  expect((await failureOf(client.send(calc.Fail({ message: 'a reason' })))).message).toContain('a reason');
  expect(links('request 1 Echo')[0]).toMatchObject({ command: 'Echo', payload: 'a question' });
  const shown = JSON.stringify(events.map(everything));
  expect(shown).toContain('"value":"a question"');
  expect(shown).toContain('a reason');
});

it('of the requests one in so many is shown; the others run compiled', async () => {
  const { inspect, actors } = watching();
  const server = await peer(answers);
  const client = await sender({ address: server.address, inspect: { observer: inspect, everyNth: 3 } });
  for (let sent = 0; sent < 7; sent++) expect(await client.send(onePlusOne)).toBe(2);
  const requests = actors().filter((id) => id.startsWith('request'));
  expect(requests).toEqual(['request 1 Add', 'request 4 Add', 'request 7 Add']);
});

it('a circuit breaker that is shared with others is shown as well, while the sender is there', async () => {
  const { inspect, actors, statesOf } = watching();
  const server = await peer(answers);
  using breaker = createCircuitBreaker({ windowSize: 1 });
  const client = await sender({ address: server.address, circuitBreaker: breaker, inspect });
  await failureOf(client.send(calc.Wait({ ms: 1 }), { timeoutMs: 10 }));
  expect(actors()).toContain('circuit breaker');
  expect(statesOf('circuit breaker')).toEqual(['closed', 'open']);
  await client.close();
  breaker.reset();
  expect(statesOf('circuit breaker')).toEqual(['closed', 'open']);
});

it('an inspector sees a resolver being asked, to its end with the sender, and not what it failed for', async () => {
  const { inspect, events, statesOf } = watching();
  expectWarning('the known addresses stay in use');
  const server = await peer(answers);
  let asked = 0;
  const address = () => {
    if (++asked > 1) throw new Error('a secret');
    return server.address;
  };
  const client = await sender({ address, inspect, reconnect: { initialMs: 1, maxMs: 2 } });
  await client.send(onePlusOne);
  server.connections[0]?.reset();
  await soon(() => asked).toBeGreaterThan(1);
  await client.close();
  await setImmediate();
  const states = statesOf('addresses').map((value) =>
    typeof value === 'object' ? Object.keys(value as object)[0] : value,
  );
  expect(states.slice(0, 4)).toEqual(['asking', 'known', 'asking', 'known']);
  expect(states.at(-1)).toBe('stopped');
  const shown = JSON.stringify(events.map(everything));
  expect(shown).toContain('addresses.refresh');
  expect(shown).not.toContain('secret');
});

describe("Stately's inspector", () => {
  it('is taken as it is; its messages tell names, parents, charts and states', async () => {
    const messages: StatelyInspectionEvent[] = [];
    const inspector = createInspector({ send: (message) => void messages.push(JSON.parse(JSON.stringify(message))) });
    const server = await peer(answers);
    const client = await sender({ address: server.address, clients: 2, circuitBreaker: {}, inspect: inspector });
    await client.send(calc.Echo('a secret'));
    await client.close();
    await soon(() => statesOf('group').at(-1)).toBe('closed');
    const actors = messages.filter((message) => message.type === '@xstate.actor');
    const sessionOf = (name: string) => actors.find((actor) => actor.name === name)?.sessionId;
    const parents = actors.flatMap(({ name, parentId }) =>
      name.startsWith('0.') ? [] : [[name, actors.find(({ sessionId }) => sessionId === parentId)?.name]],
    );
    const [connection, client0] = parents.find(([name]) => name?.startsWith('connection 1')) ?? [];
    expect([connection, client0]).toEqual([
      `connection 1 @ ${server.address}`,
      expect.stringMatching(/^client [01] @ /),
    ]);
    expect(Object.fromEntries(parents.filter(([name]) => name !== connection))).toEqual({
      sender: undefined,
      group: 'sender',
      addresses: 'sender',
      'circuit breaker': 'sender',
      [`client 0 @ ${server.address}`]: 'group',
      [`client 1 @ ${server.address}`]: 'group',
      'request 1 Echo': 'sender',
    });
    expect(JSON.parse(actors.find(({ name }) => name === 'group')?.definition ?? '{}')).toMatchObject({
      id: 'group',
      states: { ready: {}, degraded: {} },
    });
    expect(new Set(messages.map(({ rootId }) => rootId))).toEqual(new Set([sessionOf('sender')]));
    expect(statesOf('request 1 Echo')).toEqual(['queued', 'sent', 'succeeded']);
    expect(JSON.stringify(messages)).not.toContain('secret');

    function statesOf(name: string): unknown[] {
      const id = messages.find((message) => message.type === '@xstate.actor' && message.name === name)?.sessionId;
      return messages.flatMap((message) =>
        message.type === '@xstate.snapshot' && message.sessionId === id
          ? [(message.snapshot as unknown as { value: unknown }).value]
          : [],
      );
    }
  });

  it('tells the actors of several senders apart', async () => {
    const groups = new Set<string>();
    const roots = new Set<string | undefined>();
    const inspector = createInspector({
      send: (message) => {
        roots.add(message.rootId);
        if (message.type === '@xstate.actor' && message.name === 'group') groups.add(message.sessionId);
      },
    });
    const server = await peer(answers);
    for (let n = 0; n < 2; n++) await sender({ address: server.address, inspect: inspector });
    await soon(() => groups.size).toBe(2);
    expect(roots.size).toBe(2);
  });
});

it('an observer object is an inspector as well', async () => {
  const seen = new Set<string>();
  const server = await peer(answers);
  const inspect = { next: (event: InspectionEvent) => void seen.add((event.actorRef as AnyActorRef).id) };
  const client = await sender({ address: server.address, inspect });
  await client.send(onePlusOne);
  expect([...seen]).toContain('request 1 Add');
});

it('an inspector that throws disturbs nothing: the process is warned', async () => {
  expectWarning('the inspector failed');
  const server = await peer(answers);
  const inspect = () => {
    throw new Error('own mistake');
  };
  const client = await sender({ address: server.address, inspect });
  expect(await client.send(onePlusOne)).toBe(2);
  expect((await collect(client.sendMulti(calc.Countdown({ from: 2 })))).length).toBe(2);
});
