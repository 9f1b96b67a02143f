import type { Inspect } from 'cmd-stream';
import { expect, it } from 'vitest';
import type { AnyActorRef, InspectionEvent } from 'xstate';
import { failureOf, onePlusOne, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { answers, collect } from './support.ts';

const { peer, sender, expectWarning } = stage();

function watching() {
  const events: InspectionEvent[] = [];
  const inspect: Inspect = (event) => events.push(event);
  /** The actors that were seen, in the order of their making. */
  const actors = () => [...new Set(events.map(({ actorRef }) => (actorRef as AnyActorRef).id))];
  /** The states that an actor was seen in. */
  const statesOf = (id: string) =>
    events.flatMap((event) =>
      event.type === '@xstate.snapshot' && (event.actorRef as AnyActorRef).id === id
        ? [(event.snapshot as unknown as { value: unknown }).value]
        : [],
    );
  return { events, inspect, actors, statesOf };
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
  expect(actors()).toEqual(expect.arrayContaining(['sender', 'group', 'client 0', 'client 1']));
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

it('the snapshots of requests hold no payloads', async () => {
  const { inspect, events } = watching();
  const server = await peer(answers);
  const client = await sender({ address: server.address, inspect });
  expect(await client.send(calc.Echo('a secret'))).toBe('a secret');
  const snapshots = events.filter(({ type }) => type === '@xstate.snapshot');
  const shown = snapshots.map((event) => JSON.stringify('snapshot' in event ? event.snapshot : undefined));
  expect(shown.filter((text) => text.includes('request 1 Echo')).length).toBeGreaterThan(2);
  expect(shown.join()).not.toContain('secret');
  const works = shown.flatMap((text) => {
    const { context } = JSON.parse(text);
    return context?.work?.id === 'request 1 Echo' ? [context.work] : [];
  });
  expect(works.at(-1)).toEqual({ id: 'request 1 Echo', command: 'Echo', state: 'succeeded', seq: 1, client: 0 });
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
