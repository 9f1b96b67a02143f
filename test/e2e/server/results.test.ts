import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../../src/index.ts';
import type { Handler, ResultProxy } from '../../../src/server/handlers.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, gate, RawClient } from './raw-client.ts';

expectNothingLeft();

interface Tick {
  readonly n: number;
  readonly last: boolean;
  readonly text?: string;
}

const STREAM = 0;
const ECHO = 1;
const ERROR = 16_383;

const protocol = defineProtocol({
  results: {
    Tick: result<Tick>({ lastOne: (tick) => tick.last }),
    Value: result<unknown>(),
  },
  commands: {
    Stream: command<number>().returns('Tick'),
    Echo: command<unknown>().returns('Value'),
  },
});

/** A server whose `Stream` is what the test is about; `Echo` shows that neighbours are served. */
function serveStream(Stream: Handler<number, Tick, null>, options: ServerOptions = {}) {
  return serve(protocol, null, { Stream, Echo: (value) => value }, { exposeErrors: true, ...options });
}

const UNFINISHED = { code: 'command-failed', message: 'the handler ended without its last Result' };

describe('a generator', () => {
  it('may be one that never waits', async () => {
    await using server = await serveStream(function* (from) {
      for (let n = from; n > 0; n--) yield { n, last: n === 1 };
    });
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 3);
    await client.count(3);
    expect(client.valuesOf(1)).toEqual([
      { n: 3, last: false },
      { n: 2, last: false },
      { n: 1, last: true },
    ]);
  });

  it('is asked for nothing after its last Result, and can clean up', async () => {
    const cleaned = gate();
    await using server = await serveStream(async function* () {
      try {
        yield { n: 1, last: true };
        yield { n: 2, last: false };
      } finally {
        cleaned.open();
      }
    });
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 0);
    await cleaned.promise;
    await client.ask(2, ECHO, null);
    expect(client.valuesOf(1)).toEqual([{ n: 1, last: true }]);
  });

  it('that ends without its last Result is answered for', async () => {
    const errors: unknown[] = [];
    await using server = await serveStream(
      async function* () {
        yield { n: 1, last: false };
      },
      { exposeErrors: true, onHandlerError: (error) => errors.push(error) },
    );
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 0);
    await client.count(2);
    expect(client.received).toEqual([
      { seq: 1, type: 0, value: { n: 1, last: false } },
      { seq: 1, type: ERROR, value: UNFINISHED },
    ]);
    expect(errors).toMatchObject([{ code: 'command-failed' }]);
  });

  it('that throws is answered for, after what it gave', async () => {
    await using server = await serveStream(async function* () {
      yield { n: 1, last: false };
      throw new Error('the disk is full');
    });
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 0);
    await client.count(2);
    expect(client.received[1]).toEqual({
      seq: 1,
      type: ERROR,
      value: { code: 'command-failed', message: 'the disk is full' },
    });
  });

  it('is ended when the connection goes', async () => {
    const cleaned = gate();
    await using server = await serveStream(async function* () {
      try {
        for (let n = 0; ; n++) {
          yield { n, last: false };
          await sleep(1);
        }
      } finally {
        cleaned.open();
      }
    });
    {
      await using client = await RawClient.open(server.port);
      client.send(1, STREAM, 0);
      await client.count(3);
    }
    await cleaned.promise;
  });

  it('that never waits and never ends starves nobody', async () => {
    let steps = 0;
    let mostInOneTurn = 0;
    await using server = await serveStream(function* () {
      for (let n = 0; ; n++) {
        steps++;
        yield { n, last: false };
      }
    });
    let turns = setImmediate(function look() {
      mostInOneTurn = Math.max(mostInOneTurn, steps);
      steps = 0;
      turns = setImmediate(look);
    });
    await using greedy = await RawClient.open(server.port);
    await using neighbour = await RawClient.open(server.port);
    greedy.send(1, STREAM, 0);
    await greedy.count(1_000);
    for (let seq = 1; seq <= 5; seq++) expect((await neighbour.ask(seq, ECHO, seq)).value).toBe(seq);
    clearImmediate(turns);
    // Filling the channel's 8 MiB in one turn would take more than half a million.
    expect(mostInOneTurn).toBeGreaterThan(0);
    expect(mostInOneTurn).toBeLessThan(250_000);
  });
});

describe('a proxy', () => {
  it.each(['it', 'nothing'])('sends Results while the handler runs, and the handler then returns %s', async (what) => {
    await using server = await serveStream(async (from, { proxy }) => {
      for (let n = from; n > 0; n--) await proxy.send({ n, last: n === 1 });
      return what === 'it' ? proxy : (undefined as unknown as typeof proxy);
    });
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 3);
    await client.count(3);
    await client.ask(2, ECHO, null);
    expect(client.valuesOf(1)).toHaveLength(3);
  });

  it('sends Results after the handler has returned', async () => {
    const kept = gate<ResultProxy<Tick>>();
    await using server = await serveStream((_, { proxy }) => {
      kept.open(proxy);
      return proxy;
    });
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 0);
    const proxy = await kept.promise;
    await client.ask(2, ECHO, null);
    expect(client.valuesOf(1)).toEqual([]);
    void proxy.send({ n: 1, last: false });
    expect(proxy.closed).toBe(false);
    void proxy.send({ n: 2, last: true });
    expect(proxy.closed).toBe(true);
    void proxy.send({ n: 3, last: true });
    await client.ask(3, ECHO, null);
    expect(client.valuesOf(1)).toEqual([
      { n: 1, last: false },
      { n: 2, last: true },
    ]);
  });

  it('takes a tagged Result where there are several types', async () => {
    const several = defineProtocol({
      results: { A: result<number>(), B: result<string>() },
      commands: { Get: command<boolean>().returns('A', 'B') },
    });
    await using server = await serve(several, null, {
      Get(b, { proxy }) {
        void proxy.send(b ? { type: 'B', value: 'b' } : { type: 'A', value: 1 });
        return proxy;
      },
    });
    await using client = await RawClient.open(server.port);
    expect(await client.ask(1, 0, true)).toEqual({ seq: 1, type: 1, value: 'b' });
    expect(await client.ask(2, 0, false)).toEqual({ seq: 2, type: 0, value: 1 });
  });

  it('drops what is sent once the connection is gone, and starves nobody who goes on', async () => {
    const kept = gate<ResultProxy<Tick>>();
    const stopped = gate();
    let stop = false;
    await using server = await serveStream(async (_, { proxy }) => {
      kept.open(proxy);
      for (let n = 0; !stop; n++) await proxy.send({ n, last: false });
      stopped.open();
      return proxy;
    });
    {
      await using client = await RawClient.open(server.port);
      client.send(1, STREAM, 0);
      await client.count(10);
    }
    const proxy = await kept.promise;
    await eventually(() => proxy.closed);
    await using neighbour = await RawClient.open(server.port);
    expect((await neighbour.ask(1, ECHO, 1)).value).toBe(1);
    stop = true;
    await stopped.promise;
  });

  it('does not keep an exception of the handler from being answered', async () => {
    await using server = await serveStream((_, { proxy }) => {
      void proxy.send({ n: 1, last: false });
      throw new Error('no more');
    });
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 0);
    await client.count(2);
    expect(client.received[1]).toMatchObject({ type: ERROR, value: { message: 'no more' } });
  });
});

describe('a handler that returns', () => {
  it('undefined without having asked for the proxy has returned its Result', async () => {
    const nothing = () => undefined as unknown as Tick;
    await using server = await serve(protocol, null, { Stream: nothing, Echo: () => undefined });
    await using client = await RawClient.open(server.port);
    expect(await client.ask(1, ECHO, 5)).toEqual({ seq: 1, type: 1, value: null });
  });

  it('a Result that is not the last is answered for', async () => {
    await using server = await serveStream(() => ({ n: 1, last: false }));
    await using client = await RawClient.open(server.port);
    client.send(1, STREAM, 0);
    await client.count(2);
    expect(client.valuesOf(1)).toEqual([{ n: 1, last: false }, UNFINISHED]);
  });

  it('arrays, maps and the like returns one Result', async () => {
    await using server = await serveStream(() => ({ n: 1, last: true }));
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, ECHO, [1, 2, 3])).value).toEqual([1, 2, 3]);
  });

  it('a type that the Command does not declare is answered for', async () => {
    const several = defineProtocol({
      results: { A: result<number>(), B: result<string>(), C: result<null>() },
      commands: { Get: command<string>().returns('A', 'B') },
    });
    await using server = await serve(
      several,
      null,
      { Get: (type) => ({ type, value: 1 }) as never },
      { exposeErrors: true },
    );
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, 0, 'C')).value).toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining("'A' or 'B'"),
    });
    expect((await client.ask(2, 0, 'A')).type).toBe(0);
  });

  it('what cannot be encoded, or is too large, is answered for and leaves no byte behind', async () => {
    const errors: unknown[] = [];
    await using server = await serve(
      protocol,
      null,
      {
        Stream: (length) => ({ n: 1, last: true, text: 'x'.repeat(length) }),
        Echo: () => ({
          get broken() {
            throw new Error('cannot be read');
          },
        }),
      },
      { maxFrameBytes: 1000, onHandlerError: (error, info) => errors.push([error, info]) },
    );
    await using client = await RawClient.open(server.port);
    expect(await client.ask(1, ECHO, 0)).toMatchObject({ type: ERROR, value: { code: 'command-failed' } });
    expect((await client.ask(2, STREAM, 2000)).value).toMatchObject({ message: expect.stringContaining('1000') });
    expect((await client.ask(3, STREAM, 1)).type).toBe(0);
    expect(errors).toMatchObject([
      [{ code: 'encode-failed' }, { command: 'Echo', seq: 1 }],
      [{ code: 'frame-too-large' }, { command: 'Stream', seq: 2 }],
    ]);
  });
});
