import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Codec, command, defineProtocol, json, msgpack, result } from '../../../src/index.ts';
import type { ResultProxy } from '../../../src/server/handlers.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, RawClient } from './raw-client.ts';

expectNothingLeft();

interface Tick {
  readonly n: number;
  readonly last: boolean;
  readonly extra?: unknown;
}

const KEEP = 0;
const TRAP = 1;
const ECHO = 2;
const ERROR = 16_383;

const protocol = defineProtocol({
  results: { Tick: result<Tick>({ lastOne: ({ last }) => last }), Value: result<unknown>() },
  commands: {
    /** Is answered by its proxy, when the test wants it. */
    Keep: command<number>().returns('Tick'),
    /** Is answered by a Result whose getter does what the test wants. */
    Trap: command<string>().returns('Tick'),
    Echo: command<unknown>().returns('Value'),
  },
});

type Proxy = ResultProxy<Tick>;

/** A server whose `Trap` runs code of the test's while its Result is being encoded. */
async function trapped(onEncode: (proxies: Map<number, Proxy>, own: Proxy) => unknown, options: ServerOptions = {}) {
  const proxies = new Map<number, Proxy>();
  const errors: unknown[] = [];
  const lost: unknown[] = [];
  // A codec may read a payload more than once.
  let act: typeof onEncode | undefined = onEncode;
  const server = await serve(
    protocol,
    null,
    {
      Keep(_, { proxy, seq }) {
        proxies.set(seq, proxy);
        return proxy;
      },
      Trap: (how, { proxy }) => {
        const own = how === 'own' ? proxy : (undefined as unknown as Proxy);
        const value = {
          n: 7,
          last: how !== 'more',
          get extra() {
            const now = act;
            act = undefined;
            return now?.(proxies, own) ?? 'encoded';
          },
        };
        if (how !== 'own') return value;
        void proxy.send(value);
        return undefined as never;
      },
      Echo: (value) => value,
    },
    {
      exposeErrors: true,
      onHandlerError: (error) => errors.push(error),
      onConnectionLost: ({ error }) => lost.push(error),
      ...options,
    },
  );
  const client = await RawClient.open(server.port);
  return {
    server,
    client,
    proxies,
    errors,
    lost,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

const tick = (n: number, last = false) => ({ n, last });

describe('R4-W1: what a getter of a Result', () => {
  it('sends for another Command comes behind it, in order, and disturbs no neighbour', async () => {
    await using it = await trapped((proxies) => {
      void proxies.get(1)?.send(tick(1));
      void proxies.get(2)?.send(tick(1));
      void proxies.get(1)?.send(tick(2, true));
      return 'encoded';
    });
    it.client.send(1, KEEP, 0);
    it.client.send(2, KEEP, 0);
    await eventually(() => it.proxies.size === 2);
    await it.client.ask(3, TRAP, '');
    await it.client.count(4);
    expect(it.client.received.map(({ seq, value }) => [seq, (value as Tick).n])).toEqual([
      [3, 7],
      [1, 1],
      [2, 1],
      [1, 2],
    ]);
    void it.proxies.get(2)?.send(tick(2, true));
    await it.client.count(5);
    expect((await it.client.ask(4, ECHO, 'still here')).value).toBe('still here');
    expect(it.errors).toEqual([]);
    expect(it.lost).toEqual([]);
  });

  it('sends although it throws is sent, and its own Command fails', async () => {
    await using it = await trapped((proxies) => {
      void proxies.get(1)?.send(tick(1, true));
      throw new Error('cannot be read');
    });
    it.client.send(1, KEEP, 0);
    await eventually(() => it.proxies.size === 1);
    expect((await it.client.ask(2, TRAP, '')).value).toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('cannot be read'),
    });
    expect((await it.client.first(1)).value).toEqual(tick(1, true));
    expect(it.lost).toEqual([]);
  });

  it('makes fail is answered behind it', async () => {
    await using it = await trapped((proxies) => {
      void proxies.get(1)?.send({ ...tick(1), extra: () => {} });
      void proxies.get(1)?.send(tick(2, true));
      return 'encoded';
    });
    it.client.send(1, KEEP, 0);
    await eventually(() => it.proxies.size === 1);
    await it.client.ask(2, TRAP, '');
    await it.client.count(2);
    await it.client.ask(3, ECHO, null);
    expect(it.client.received.map(({ seq, type }) => [seq, type])).toEqual([
      [2, 0],
      [1, ERROR],
      [3, 1],
    ]);
    expect(it.errors).toHaveLength(1);
    expect(it.lost).toEqual([]);
  });

  it('sends for its own Command comes behind it, or nowhere where it was the last', async () => {
    await using it = await trapped((_proxies, own) => {
      void own?.send(tick(8, true));
      return 'encoded';
    });
    await it.client.ask(1, TRAP, 'own');
    await it.client.ask(2, ECHO, null);
    expect(it.client.received.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(it.errors).toEqual([]);
  });

  it('sends by a getter of its own, again and again, comes behind that', async () => {
    await using it = await trapped((proxies) => {
      let again = false;
      void proxies.get(1)?.send({
        ...tick(1),
        get extra() {
          if (again) return 'inner';
          again = true;
          void proxies.get(2)?.send(tick(3, true));
          void proxies.get(1)?.send(tick(2, true));
          return 'inner';
        },
      });
      return 'outer';
    });
    it.client.send(1, KEEP, 0);
    it.client.send(2, KEEP, 0);
    await eventually(() => it.proxies.size === 2);
    it.client.send(3, TRAP, '');
    await it.client.count(4);
    expect(it.client.received.map(({ seq, value }) => [seq, (value as Tick).n])).toEqual([
      [3, 7],
      [1, 1],
      [2, 3],
      [1, 2],
    ]);
  });

  it('sends beyond all bounds fails that Command alone', async () => {
    await using it = await trapped(
      (proxies) => {
        for (let n = 0; n < 200; n++) void proxies.get(1)?.send({ ...tick(n), extra: 'x'.repeat(10_000) });
        return 'encoded';
      },
      { maxBufferedBytes: 50_000 },
    );
    it.client.socket.pause();
    it.client.send(1, KEEP, 0);
    await eventually(() => it.proxies.size === 1);
    it.client.send(2, TRAP, '');
    await sleep(20);
    it.client.socket.resume();
    await it.client.first(2);
    expect((await it.client.ask(3, ECHO, 'still here')).value).toBe('still here');
    expect(it.lost).toEqual([]);
  });

  it.each<[string, () => Codec]>([
    ['msgpack', msgpack],
    ['json', json],
  ])('sends over another connection is whole on both, by %s', async (_name, makeCodec) => {
    const proxies = new Map<number, Proxy>();
    const values: unknown[] = [];
    const { createSender } = await import('../../../src/index.ts');
    await using server = await serve(
      protocol,
      null,
      {
        Keep(seq, { proxy }) {
          proxies.set(seq, proxy);
          return proxy;
        },
        Trap: () => ({
          n: 7,
          last: true,
          get extra() {
            for (const proxy of proxies.values()) void proxy.send({ ...tick(1, true), extra: { deep: ['inner'] } });
            return ['outer', { deep: true }];
          },
        }),
        Echo: (value) => value,
      },
      { codec: makeCodec() },
    );
    const options = { address: server.address, codec: makeCodec() };
    await using first = await createSender(protocol, options);
    await using second = await createSender(protocol, options);
    const kept = [first, second].map((sender, n) => sender.sendMulti(protocol.Keep(n), (value) => values.push(value)));
    await eventually(() => proxies.size === 2);
    expect((await first.sendMulti(protocol.Trap('')).next()).value).toEqual({
      n: 7,
      last: true,
      extra: ['outer', { deep: true }],
    });
    await Promise.all(kept);
    expect(values).toEqual(Array(2).fill({ ...tick(1, true), extra: { deep: ['inner'] } }));
  });

  it('closes the server is no failure of a handler', async () => {
    let close = () => {};
    await using it = await trapped(() => {
      close();
      return 'encoded';
    });
    close = () => void it.server.close();
    it.client.send(1, KEEP, 0);
    it.client.send(2, TRAP, '');
    await it.client.closed;
    await it.server.done;
    expect(it.errors).toEqual([]);
    expect(it.lost).toEqual([]);
  });
});
