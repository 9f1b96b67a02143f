import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import { serve } from '../../../src/server/serve.ts';
import { RawClient } from '../server/raw-client.ts';

// Go: a handler that panics kills the process, one that returns an error drops all Commands of its connection, and
// nothing limits how many Commands are in flight.

const FAIL = 0;
const WAIT = 1;
const ERROR = 16_383;

const protocol = defineProtocol({
  results: { Value: result<number>({ lastOne: (value) => value !== 0 }) },
  commands: { Fail: command<string>().returns('Value'), Wait: command<number>().returns('Value') },
});

/** The ways in which a handler can go wrong, by name. */
const failures: Record<string, () => number | Promise<number> | AsyncIterable<number>> = {
  'throws at once': () => {
    throw new Error('it failed');
  },
  rejects: async () => {
    await sleep(1);
    throw new Error('it failed');
  },
  'rejects at once': () => Promise.reject(new Error('it failed')),
  'throws in its generator': async function* () {
    yield 0;
    throw new Error('it failed');
  },
  'throws what is no error': () => {
    throw 'it failed';
  },
};

function serveFailing(failed: string[] = [], maxInFlightCommands?: number) {
  let running = 0;
  const counts = { most: 0 };
  const server = serve(
    protocol,
    null,
    {
      Fail: (how) => failures[how]?.() ?? 1,
      async Wait(ms) {
        counts.most = Math.max(counts.most, ++running);
        await sleep(ms);
        running--;
        return ms;
      },
    },
    {
      ...(maxInFlightCommands === undefined ? {} : { maxInFlightCommands }),
      exposeErrors: true,
      onHandlerError: (error, { command: name, seq }) => failed.push(`${name} ${seq}: ${String(error)}`),
    },
  );
  return { server, counts };
}

describe('flaw 21', () => {
  it.each(Object.keys(failures))('a handler that %s is answered for, and disturbs no neighbour', async (how) => {
    const failed: string[] = [];
    await using server = await serveFailing(failed).server;
    await using client = await RawClient.open(server.port);
    await using other = await RawClient.open(server.port);
    client.send(1, WAIT, 30);
    other.send(1, WAIT, 30);
    client.send(2, FAIL, how);
    await client.until(() => client.received.some(({ type }) => type === ERROR));
    expect(client.received.find(({ type }) => type === ERROR)).toEqual({
      seq: 2,
      type: ERROR,
      value: { code: 'command-failed', message: 'it failed' },
    });
    expect((await client.first(1)).value).toBe(30);
    expect((await other.first(1)).value).toBe(30);
    expect((await client.ask(3, WAIT, 1)).value).toBe(1);
    expect(failed).toEqual([`Fail 2: ${how === 'throws what is no error' ? '' : 'Error: '}it failed`]);
  });

  it('what a handler throws is never shown with its stack', async () => {
    await using server = await serveFailing().server;
    await using client = await RawClient.open(server.port);
    const { value } = await client.ask(1, FAIL, 'throws at once');
    expect(Object.keys(value as object).sort()).toEqual(['code', 'message']);
  });

  it('a message of any length is cut to what a frame bears', async () => {
    await using server = await serve(
      protocol,
      null,
      {
        Fail() {
          throw new Error('x'.repeat(10_000_000));
        },
        Wait: (ms) => ms,
      },
      { exposeErrors: true },
    );
    await using client = await RawClient.open(server.port);
    const { value } = await client.ask(1, FAIL, '');
    expect((value as { message: string }).message).toHaveLength(1024);
  });

  it('a handler may throw a thing that cannot even be shown', async () => {
    await using server = await serve(protocol, null, {
      Fail() {
        throw Object.create(null);
      },
      Wait: (ms) => ms,
    });
    await using client = await RawClient.open(server.port);
    expect(await client.ask(1, FAIL, '')).toMatchObject({ type: ERROR, value: { code: 'command-failed' } });
    expect((await client.ask(2, WAIT, 5)).value).toBe(5);
  });

  it('the Commands in flight on one connection are limited', async () => {
    const { server: serving, counts } = serveFailing([], 5);
    await using server = await serving;
    await using client = await RawClient.open(server.port);
    for (let seq = 1; seq <= 50; seq++) client.send(seq, WAIT, 2);
    await client.count(50);
    expect(counts.most).toBe(5);
  });
});
