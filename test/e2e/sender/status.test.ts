import { type CircuitBreaker, createCircuitBreaker, type StatusEvent } from 'cmd-stream';
import { expect, it } from 'vitest';
import { deadAddress, eventLoopTurn, failureOf, onePlusOne, stage } from '../client/stage.ts';
import { ERROR } from '../support/calc.ts';
import { answers } from './support.ts';

const { onEnd, peer, sender, expectWarning } = stage();

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

/** Fails Commands until the breaker opens. */
function trip(breaker: CircuitBreaker): void {
  while (breaker.state === 'closed') breaker.fail(breaker.admit());
}

it('F17 V6: nothing of a thousand closed senders stays with a breaker that they shared', async () => {
  const breaker = createCircuitBreaker();
  onEnd(() => breaker.stop());
  const subscribe = breaker.subscribe.bind(breaker);
  let subscribed = 0;
  breaker.subscribe = (listener) => {
    const end = subscribe(listener);
    subscribed++;
    return () => {
      subscribed--;
      end();
    };
  };
  const heard: string[] = [];
  const address = await deadAddress();
  for (let n = 0; n < 1_000; n++) {
    const client = await sender({
      address,
      lazy: true,
      circuitBreaker: breaker,
      onStatus: (event) => heard.push(told(event)),
    });
    client.subscribe((event) => heard.push(told(event)));
    void (async () => {
      for await (const event of client.statusChanges()) heard.push(told(event));
    })();
    // That of the channels for tools among them.
    if (n === 0) expect(subscribed).toBe(4);
    await client.close();
    expect(subscribed).toBe(0);
  }
  // Each of them has been told of the end before; who reads a stream, a moment later.
  await eventLoopTurn();
  expect(heard.filter((event) => event === 'group closed')).toHaveLength(3_000);
  heard.length = 0;
  trip(breaker);
  await eventLoopTurn();
  expect(heard).toEqual([]);
});

it('F17: a sender that comes to its end by itself, or is drained, ends its subscriptions after telling so', async () => {
  const breaker = createCircuitBreaker();
  onEnd(() => breaker.stop());
  for (const end of ['drain', 'by itself'] as const) {
    const server = await peer(answers);
    const seen: string[] = [];
    const note = (event: StatusEvent) => seen.push(told(event));
    const client = await sender({ address: server.address, circuitBreaker: breaker, reconnect: false, onStatus: note });
    breaker.reset();
    breaker.fail(breaker.admit());
    if (end === 'drain') await client.drain();
    else await server.stop();
    await client.done;
    expect(seen.at(-1)).toBe('group closed');
    const before = seen.length;
    trip(breaker);
    breaker.reset();
    client.subscribe(note);
    trip(breaker);
    await eventLoopTurn();
    expect(seen).toHaveLength(before);
  }
});

it('F17: a listener that fails at the end is ended all the same', async () => {
  expectWarning('own mistake');
  const breaker = createCircuitBreaker();
  onEnd(() => breaker.stop());
  const server = await peer(answers);
  let calls = 0;
  const fail = () => {
    calls++;
    throw new Error('own mistake');
  };
  const client = await sender({ address: server.address, circuitBreaker: breaker, onStatus: fail });
  await client.close();
  const before = calls;
  trip(breaker);
  await eventLoopTurn();
  expect(calls).toBe(before);
});
