import type { StatusEvent } from 'cmd-stream';
import { expect, it } from 'vitest';
import { failureOf, onePlusOne, stage } from '../client/stage.ts';
import { ERROR } from '../support/calc.ts';
import { answers } from './support.ts';

const { peer, sender, expectWarning } = stage();

const told = (event: StatusEvent) =>
  event.type === 'client' ? `client ${event.id} ${event.state}` : `${event.type} ${event.state}`;

it('onStatus hears of the group, its clients and the circuit breaker, from the start to the end', async () => {
  const server = await peer({
    onCommand: ({ seq, connection }) => connection.result(seq, ERROR, { code: 'command-failed', message: 'no' }),
  });
  const events: StatusEvent[] = [];
  const client = await sender({
    address: server.address,
    circuitBreaker: { windowSize: 1, failureRate: 1 },
    onStatus: (event) => events.push(event),
  });
  await failureOf(client.send(onePlusOne));
  await client.close();
  expect(events.map(told)).toEqual([
    'client 0 ready',
    'group ready',
    'circuit-breaker open',
    'group closing',
    'client 0 closed',
    'group closed',
  ]);
});

it('a stream of changes ends when the sender is closed, after telling so; any number may be read', async () => {
  const server = await peer(answers);
  const client = await sender({ address: server.address });
  const read = async () => {
    const seen: string[] = [];
    for await (const event of client.statusChanges()) seen.push(told(event));
    return seen;
  };
  const all = [read(), read()];
  await client.close();
  for (const seen of await Promise.all(all)) expect(seen.at(-1)).toBe('group closed');
  expect(await read()).toEqual([]);
});

it('a listener is not called any more once it has left', async () => {
  const server = await peer(answers);
  const client = await sender({ address: server.address });
  const seen: string[] = [];
  const leave = client.subscribe((event) => seen.push(told(event)));
  leave();
  leave();
  await client.close();
  expect(seen).toEqual([]);
});

it('a listener that throws, or rejects, disturbs nobody', async () => {
  expectWarning('own mistake');
  const server = await peer(answers);
  const seen: string[] = [];
  const client = await sender({
    address: server.address,
    onStatus: () => {
      throw new Error('own mistake');
    },
  });
  client.subscribe(async () => {
    throw new Error('own mistake');
  });
  client.subscribe((event) => seen.push(told(event)));
  expect(await client.send(onePlusOne)).toBe(2);
  await client.close();
  expect(seen.at(-1)).toBe('group closed');
});

it('a listener must be a function', async () => {
  const server = await peer(answers);
  const client = await sender({ address: server.address });
  for (const listener of [undefined, null, {}, 'log']) {
    expect(() => client.subscribe(listener as never)).toThrow(/option 'listener' must be a function; got/);
  }
});
