import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  type CmdStreamError,
  command,
  createSender,
  defineProtocol,
  type Invoker,
  memoryTransport,
  result,
  tcpTransport,
} from '../../../src/index.ts';
import type { Handler, HandlerContext, ResultProxy } from '../../../src/server/handlers.ts';
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

/** What nobody has watched of the test file's promises. */
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);
beforeAll(() => void process.on('unhandledRejection', onUnhandled));
afterAll(async () => {
  await sleep(20);
  process.off('unhandledRejection', onUnhandled);
  expect(unhandled).toEqual([]);
});

const context = new AsyncLocalStorage<string>();
const seen = () => context.getStore() ?? 'nobody';

interface Setup extends ServerOptions<null> {
  readonly Stream?: Handler<number, Tick, null>;
  readonly Echo?: Handler<unknown, unknown, null>;
}

/** What has nothing of a promise but `then`. */
function thenable(promise: Promise<unknown>): unknown {
  return Object.defineProperty({}, 'then', {
    value: (...settled: [() => unknown, () => unknown]) => void promise.then(...settled),
  });
}

/** A server with an invoker, what its handlers failed by, and a client of it. */
async function served(invoker: Invoker<null>, { Stream, Echo, ...options }: Setup = {}) {
  const errors: unknown[] = [];
  const server = await serve(
    protocol,
    null,
    {
      Stream:
        Stream ??
        async function* (count) {
          for (let n = 1; n <= count; n++) {
            yield { n, last: n === count };
            await sleep(1);
          }
        },
      Echo: Echo ?? ((value) => value),
    },
    { exposeErrors: true, onHandlerError: (error) => errors.push(error), invoker, ...options },
  );
  const client = await RawClient.open(server.port);
  return {
    server,
    client,
    errors,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** What an invoker got of `next()`, and how. */
function noted(): { invoker: Invoker<null>; ends: unknown[] } {
  const ends: unknown[] = [];
  const invoker: Invoker<null> = async (_command, _context, next) => {
    try {
      const outcome = await next();
      ends.push(outcome);
      return outcome;
    } catch (error) {
      ends.push(error);
      throw error;
    }
  };
  return { invoker, ends };
}

const failed = (message: string) => ({ code: 'command-failed', message });

describe('next()', () => {
  it('F9: of a stream settles when the stream has ended and cleaned up, with the number of its Results', async () => {
    const order: unknown[] = [];
    await using it = await served(
      async (_command, _context, next) => {
        order.push('begins');
        order.push(await next());
        order.push('ends');
      },
      {
        async *Stream() {
          try {
            for (let n = 1; ; n++) {
              order.push(`gives ${n}`);
              yield { n, last: n === 3 };
              await sleep(5);
            }
          } finally {
            await sleep(5);
            order.push('cleans up');
          }
        },
      },
    );
    it.client.send(1, STREAM, 3);
    await eventually(() => order.includes('ends'));
    expect(order).toEqual(['begins', 'gives 1', 'gives 2', 'gives 3', 'cleans up', 3, 'ends']);
    expect(it.client.valuesOf(1)).toHaveLength(3);
    expect(it.errors).toEqual([]);
  });

  it.each<[string, Handler<number, Tick, null>]>([
    [
      'a generator that never waits',
      function* (count) {
        for (let n = 1; n <= count; n++) yield { n, last: n === count };
      },
    ],
    [
      'an async iterable',
      (count) => ({
        async *[Symbol.asyncIterator]() {
          for (let n = 1; n <= count; n++) yield { n, last: n === count };
        },
      }),
    ],
    [
      'a generator that comes later',
      (async (count: number) => {
        await sleep(1);
        return (async function* () {
          for (let n = 1; n <= count; n++) yield { n, last: n === count };
        })();
      }) as unknown as Handler<number, Tick, null>,
    ],
    [
      'a handler that awaits its proxy',
      async (count, { proxy }) => {
        for (let n = 1; n <= count; n++) await proxy.send({ n, last: n === count });
        return proxy;
      },
    ],
    [
      'a handler that has returned when its proxy sends',
      (count, { proxy }) => {
        void (async () => {
          for (let n = 1; n <= count; n++) {
            await sleep(1);
            await proxy.send({ n, last: n === count });
          }
        })();
        return proxy;
      },
    ],
    [
      'a handler without types that has asked for its proxy and returned nothing',
      ((count: number, { proxy }: HandlerContext<null, Tick>) => {
        for (let n = 1; n <= count; n++) void proxy.send({ n, last: n === count });
      }) as unknown as Handler<number, Tick, null>,
    ],
  ])('F9: resolves to the number of Results of %s', async (_what, Stream) => {
    const { invoker, ends } = noted();
    await using it = await served(invoker, { Stream });
    it.client.send(1, STREAM, 4);
    await it.client.count(4);
    await eventually(() => ends.length > 0);
    expect(ends).toEqual([4]);
    expect((await it.client.ask(2, ECHO, 'after')).value).toBe('after');
    expect(it.client.valuesOf(1)).toHaveLength(4);
  });

  it('F9: rejects with what a generator throws, and what the invoker makes of it is told to the client', async () => {
    const caught: unknown[] = [];
    await using it = await served(
      async (_command, _context, next) => {
        try {
          return await next();
        } catch (error) {
          caught.push(error);
          throw new Error('the stream broke');
        }
      },
      {
        async *Stream() {
          yield { n: 1, last: false };
          throw new Error('the disk is full');
        },
      },
    );
    it.client.send(1, STREAM, 0);
    await it.client.count(2);
    expect(it.client.valuesOf(1)).toEqual([{ n: 1, last: false }, failed('the stream broke')]);
    expect(caught).toMatchObject([{ message: 'the disk is full' }]);
    expect(it.errors).toMatchObject([{ message: 'the stream broke' }]);
  });

  it('F9: an error of a stream that the invoker swallows leaves the Command without its last Result', async () => {
    await using it = await served(
      async (_command, _context, next) => {
        await Promise.resolve(next()).catch(() => {});
        return { n: 9, last: true };
      },
      {
        async *Stream() {
          yield { n: 1, last: false };
          throw new Error('the disk is full');
        },
      },
    );
    it.client.send(1, STREAM, 0);
    await it.client.count(2);
    expect(it.client.valuesOf(1)).toEqual([{ n: 1, last: false }, failed('the handler ended without its last Result')]);
  });

  it.each<[string, Handler<number, Tick, null>, string]>([
    [
      'ends without its last Result',
      async function* () {
        yield { n: 1, last: false };
      },
      'the handler ended without its last Result',
    ],
    [
      'gives what cannot be sent',
      async function* () {
        yield { n: 1, last: false };
        yield { n: 2, last: true, text: (() => {}) as unknown as string };
      },
      'text',
    ],
    [
      'sends by its proxy what cannot be sent',
      async (_count, { proxy }) => {
        await proxy.send({ n: 1, last: false });
        await proxy.send({ n: 2, last: true, text: (() => {}) as unknown as string });
        return proxy;
      },
      'text',
    ],
  ])('F9: rejects where a stream %s, and that is told once', async (_what, Stream, message) => {
    const { invoker, ends } = noted();
    await using it = await served(invoker, { Stream });
    it.client.send(1, STREAM, 0);
    await it.client.count(2);
    await eventually(() => ends.length > 0);
    expect(it.client.valuesOf(1)[1]).toMatchObject({ message: expect.stringContaining(message) });
    expect(ends).toMatchObject([{ message: expect.stringContaining(message) }]);
    expect(it.errors).toEqual(ends);
  });

  it.each<[string, Handler<number, Tick, null>]>([
    [
      'a generator',
      async function* (_count, { signal }) {
        for (let n = 1; ; n++) {
          yield { n, last: false };
          await sleep(n < 3 ? 1 : 60_000, undefined, { signal });
        }
      },
    ],
    [
      'a generator that asks for no signal',
      async function* () {
        for (let n = 1; ; n++) {
          yield { n, last: false };
          await sleep(2);
        }
      },
    ],
    [
      'a handler with a proxy',
      (_count, { proxy }) => {
        for (let n = 1; n <= 3; n++) void proxy.send({ n, last: false });
        return proxy;
      },
    ],
  ])('F9: rejects with the reason where the client of %s goes, which is no handler error', async (_what, Stream) => {
    const { invoker, ends } = noted();
    await using it = await served(invoker, { Stream });
    it.client.send(1, STREAM, 0);
    await it.client.count(3);
    it.client.socket.destroy();
    await eventually(() => ends.length > 0);
    expect(ends[0]).toSatisfy(
      (error) =>
        (error as Error).name === 'AbortError' ||
        ['closed', 'connection-lost'].includes((error as CmdStreamError).code),
    );
    await sleep(10);
    expect(it.errors).toEqual([]);
  });

  it('rejects, and executes nothing, where the client has gone before it is called', async () => {
    const go = gate();
    const arrived = gate();
    const ends: unknown[] = [];
    let executed = 0;
    await using it = await served(
      async (_command, _context, next) => {
        arrived.open();
        await go.promise;
        await Promise.resolve(next()).catch((error) => ends.push(error));
      },
      { Echo: () => executed++ },
    );
    it.client.send(1, ECHO, null);
    await arrived.promise;
    it.client.socket.destroy();
    await eventually(() => it.server.connections === 0);
    go.open();
    await eventually(() => ends.length > 0);
    expect(ends).toMatchObject([{ code: 'closed' }]);
    expect(executed).toBe(0);
  });

  it('may be called once: the second call is refused, and executes nothing', async () => {
    let executed = 0;
    await using it = await served(
      async (_command, _context, next) => {
        await next();
        return next();
      },
      { Echo: () => ++executed },
    );
    expect((await it.client.ask(1, ECHO, null)).value).toEqual(
      failed("next() was called again for the Command 'Echo': its handler is executed once"),
    );
    expect(executed).toBe(1);
  });

  it('is refused once the invoker has answered', async () => {
    let late: Promise<unknown> | undefined;
    let executed = 0;
    const answered = gate();
    await using it = await served(
      (_command, _context, next) => {
        void answered.promise.then(() => {
          late = Promise.resolve(next());
        });
        return 'by the invoker';
      },
      { Echo: () => ++executed },
    );
    expect((await it.client.ask(1, ECHO, null)).value).toBe('by the invoker');
    answered.open();
    await eventually(() => late !== undefined);
    await expect(late).rejects.toMatchObject({ code: 'invalid-argument', message: expect.stringContaining('already') });
    expect(executed).toBe(0);
  });

  it('settles for promises of another realm, and for what is thenable', async () => {
    const { invoker, ends } = noted();
    await using it = await served(invoker, {
      Echo: (value) => (value === 'vm' ? runInNewContext('Promise.resolve(1)') : thenable(Promise.resolve(2))),
    });
    expect((await it.client.ask(1, ECHO, 'vm')).value).toBe(1);
    expect((await it.client.ask(2, ECHO, 'own')).value).toBe(2);
    expect(ends).toEqual([1, 2]);
  });

  it('does not advance a generator whose client takes nothing', async () => {
    let given = 0;
    const { invoker, ends } = noted();
    await using it = await served(invoker, {
      maxBufferedBytes: 64 * 1024,
      async *Stream(count) {
        for (let n = 1; n <= count; n++) {
          given = n;
          yield { n, last: n === count, text: 'x'.repeat(16 * 1024) };
        }
      },
    });
    it.client.socket.pause();
    it.client.send(1, STREAM, 5_000);
    let before = -1;
    await eventually(() => {
      const still = given === before && given > 0;
      before = given;
      return still;
    });
    await sleep(50);
    expect(given).toBeLessThan(4_000);
    expect(ends).toEqual([]);
    it.client.socket.resume();
    await it.client.count(5_000);
    await eventually(() => ends.length > 0);
    expect(ends).toEqual([5_000]);
  });
});

describe('an invoker', () => {
  it('that does not wait for a stream lets it go on, and what fails it is answered', async () => {
    await using it = await served(
      (_command, _context, next) => {
        void next();
        return { n: 99, last: true };
      },
      {
        async *Stream(count) {
          for (let n = 1; n <= count; n++) {
            await sleep(1);
            yield { n, last: false };
          }
          throw new Error('in the end');
        },
      },
    );
    it.client.send(1, STREAM, 3);
    await it.client.count(4);
    expect(it.client.valuesOf(1)).toEqual([
      { n: 1, last: false },
      { n: 2, last: false },
      { n: 3, last: false },
      failed('in the end'),
    ]);
    expect(it.errors).toMatchObject([{ message: 'in the end' }]);
  });

  it('that does not wait for a handler lets the Command end when that does', async () => {
    let ended = false;
    await using it = await served((_command, _context, next) => void next(), {
      async Echo(value) {
        await sleep(20);
        ended = true;
        if (value === 'fail') throw new Error('no luck');
        return value;
      },
    });
    expect((await it.client.ask(1, ECHO, 1)).value).toBeNull();
    expect(ended).toBe(true);
    expect((await it.client.ask(2, ECHO, 'fail')).value).toEqual(failed('no luck'));
  });

  it('may answer before the handler has ended, whose failure is then told to onHandlerError alone', async () => {
    await using it = await served(
      (_command, _context, next) => Promise.race([next(), sleep(5).then(() => 'a fallback')]),
      {
        async Echo() {
          await sleep(30);
          throw new Error('too late');
        },
      },
    );
    expect((await it.client.ask(1, ECHO, 1)).value).toBe('a fallback');
    await eventually(() => it.errors.length > 0);
    expect(it.errors).toMatchObject([{ message: 'too late' }]);
  });

  it('that throws while a stream goes on fails the Command, and the generator is ended', async () => {
    const cleaned = gate();
    await using it = await served(
      async (_command, _context, next) => {
        void next();
        await sleep(10);
        throw new Error('it took too long');
      },
      {
        async *Stream() {
          try {
            for (let n = 1; ; n++) {
              yield { n, last: false };
              await sleep(1);
            }
          } finally {
            cleaned.open();
          }
        },
      },
    );
    it.client.send(1, STREAM, 0);
    await it.client.until(() => it.client.received.some(({ type }) => type === ERROR));
    await cleaned.promise;
    expect(it.client.valuesOf(1).at(-1)).toEqual(failed('it took too long'));
    expect(it.errors).toMatchObject([{ message: 'it took too long' }]);
  });

  it('need not call next(), and may answer by a stream of its own', async () => {
    await using it = await served(({ name }) =>
      name === 'Echo'
        ? 'not executed'
        : (async function* () {
            yield { n: 1, last: false };
            yield { n: 2, last: true };
          })(),
    );
    expect((await it.client.ask(1, ECHO, null)).value).toBe('not executed');
    it.client.send(2, STREAM, 0);
    await it.client.count(3);
    expect(it.client.valuesOf(2)).toHaveLength(2);
  });

  it.each<[string, Invoker<null>]>([
    ['ignores its promise', (_command, _context, next) => void next()],
    [
      'throws beside it',
      (_command, _context, next) => {
        void next();
        throw new Error('the invoker');
      },
    ],
    [
      'calls it again and again',
      (_command, _context, next) => {
        for (let i = 0; i < 3; i++) void next();
      },
    ],
    [
      'gives a thenable that throws',
      (_command, _context, next) => {
        void next();
        return Object.defineProperty({}, 'then', {
          get() {
            throw new Error('the thenable');
          },
        });
      },
    ],
    [
      'never comes to its end',
      (_command, _context, next) => {
        void next();
        return new Promise(() => {});
      },
    ],
  ])('F9: leaves no rejection unhandled where it %s', async (_what, invoker) => {
    const kept = gate<ResultProxy<Tick>>();
    await using it = await served(invoker, {
      async Echo() {
        throw new Error('the handler');
      },
      async *Stream(how, { proxy }) {
        kept.open(proxy);
        if (how === 1) throw new Error('at once');
        yield { n: 1, last: false };
        throw new Error('later');
      },
    });
    it.client.send(1, STREAM, 1);
    it.client.send(2, STREAM, 2);
    it.client.send(3, ECHO, 1);
    await kept.promise;
    await sleep(10);
    it.client.socket.destroy();
    await eventually(() => it.server.connections === 0);
    await sleep(10);
    expect(unhandled).toEqual([]);
  });
});

describe('the async context', () => {
  it('F9: that an invoker makes reaches every step of a generator, its end and its proxy', async () => {
    const stores: string[] = [];
    await using it = await served((_command, { seq }, next) => context.run(`Command ${seq}`, next), {
      async *Stream(count) {
        try {
          for (let n = 1; ; n++) {
            stores.push(seen());
            yield { n, last: n === count };
            stores.push(seen());
            await sleep(1);
          }
        } finally {
          stores.push(`${seen()} ended`);
        }
      },
    });
    it.client.send(1, STREAM, 2);
    await it.client.count(2);
    await eventually(() => stores.length >= 4);
    expect(stores).toEqual(['Command 1', 'Command 1', 'Command 1', 'Command 1 ended']);
  });

  it('F9: reaches the steps of a synchronous generator, whoever lets it go on', async () => {
    const stores = new Set<string>();
    let given = 0;
    await using it = await served(({ name }, _context, next) => context.run(name, next), {
      maxBufferedBytes: 64 * 1024,
      *Stream(count) {
        for (let n = 1; n <= count; n++) {
          stores.add(seen());
          given = n;
          yield { n, last: n === count, text: 'x'.repeat(16 * 1024) };
        }
      },
    });
    it.client.socket.pause();
    it.client.send(1, STREAM, 3_000);
    await eventually(() => given > 100);
    it.client.socket.resume();
    for (let seq = 2; seq <= 20; seq++) it.client.send(seq, ECHO, seq);
    await it.client.count(3_019);
    expect([...stores]).toEqual(['Stream']);
  });

  it('F10: of each Command is its own, whatever an invoker enters there', async () => {
    const stores: unknown[] = [];
    const enterFor = (payload: unknown) => {
      if (typeof payload === 'string') context.enterWith(payload);
    };
    await using it = await served(
      async ({ payload }, _context, next) => {
        enterFor(payload);
        await sleep(1);
        return next();
      },
      {
        Echo(value) {
          stores.push([value, seen()]);
          return value;
        },
      },
    );
    // One delivery, then single ones.
    it.client.socket.write(
      Buffer.concat(['alice', null, 'bob', null].map((payload, index) => RawClient.command(index + 1, ECHO, payload))),
    );
    await it.client.count(4);
    await it.client.ask(5, ECHO, null);
    await it.client.ask(6, ECHO, 'carol');
    await it.client.ask(7, ECHO, null);
    expect(stores).toEqual([
      ['alice', 'alice'],
      [null, 'nobody'],
      ['bob', 'bob'],
      [null, 'nobody'],
      [null, 'nobody'],
      ['carol', 'carol'],
      [null, 'nobody'],
    ]);
  });

  it('F10: is its own where a handler enters it, before or after it has waited', async () => {
    const stores: unknown[] = [];
    await using it = await served(
      ({ payload }, _context, next) => {
        stores.push([payload, seen()]);
        return next();
      },
      {
        async Echo(value) {
          if (value === 'alice') context.enterWith('alice');
          await sleep(1);
          if (value === 'bob') context.enterWith('bob');
          return value;
        },
      },
    );
    for (const [index, payload] of ['alice', 1, 'bob', 2].entries()) await it.client.ask(index + 1, ECHO, payload);
    expect(stores).toEqual([
      ['alice', 'nobody'],
      [1, 'nobody'],
      ['bob', 'nobody'],
      [2, 'nobody'],
    ]);
  });

  it.each<[string, Invoker<null> | undefined]>([
    ['without an invoker', undefined],
    ['with one', (_command, _context, next) => next()],
  ])("F10: of a handler is nobody's in the process that sends the Command as well, %s", async (_with, invoker) => {
    const stores: string[] = [];
    const handlers = {
      async *Stream() {
        stores.push(seen());
        yield { n: 1, last: true };
      },
      Echo(value: unknown) {
        stores.push(seen());
        return value;
      },
    };
    for (const transport of [memoryTransport(), tcpTransport()]) {
      await using server = await serve(protocol, null, handlers, { transport, invoker });
      await using sender = await createSender(protocol, { transport, address: server.address });
      await context.run('the caller', async () => {
        expect(await sender.send(protocol.Echo(1))).toBe(1);
        for await (const { n } of sender.sendMulti(protocol.Stream(1))) expect(n).toBe(1);
        expect(seen()).toBe('the caller');
      });
    }
    expect(stores).toEqual(Array(4).fill('nobody'));
  });

  it("F10: of a handler is nobody else's where a neighbour makes room for its Command", async () => {
    const stores: string[] = [];
    const kept = gate<ResultProxy<Tick>>();
    await using server = await serve(
      protocol,
      null,
      {
        Stream(_count, { proxy }) {
          kept.open(proxy);
          return proxy;
        },
        Echo(value) {
          stores.push(seen());
          return value;
        },
      },
      { maxInFlightCommands: 1 },
    );
    await using client = await RawClient.open(server.port);
    client.socket.write(Buffer.concat([RawClient.command(1, STREAM, 0), RawClient.command(2, ECHO, 'next')]));
    const proxy = await kept.promise;
    await sleep(10);
    await context.run('the neighbour', async () => proxy.send({ n: 1, last: true }));
    expect((await client.first(2)).value).toBe('next');
    expect(stores).toEqual(['nobody']);
  });
});

/** A promise whose `then` gives what is no instance of `Promise`. */
function foreign(promise: Promise<unknown>): Promise<unknown> {
  const then = promise.then.bind(promise);
  return Object.defineProperty(promise, 'then', {
    value: (...settled: [() => unknown, () => unknown]) => thenable(then(...settled)),
  });
}

describe('a schema', () => {
  it('F5: whose outcome comes later by a promise of another make is waited for', async () => {
    const executed: unknown[] = [];
    const schema = z.number().refine(async (value) => value > 0, 'must be above 0');
    const { validate } = schema['~standard'];
    Object.assign(schema['~standard'], {
      validate: (value: unknown) => foreign((async () => validate(value))()),
    });
    const checked = defineProtocol({
      results: { Value: result<unknown>() },
      commands: { Checked: command(schema).returns('Value') },
    });
    await using server = await serve(checked, null, {
      Checked(value) {
        executed.push(value);
        return value;
      },
    });
    await using client = await RawClient.open(server.port);
    expect((await client.ask(1, 0, 5)).value).toBe(5);
    expect((await client.ask(2, 0, -5)).value).toEqual({ code: 'command-invalid', message: 'must be above 0' });
    expect(executed).toEqual([5]);
  });
});
