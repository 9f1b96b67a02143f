import { describe, expect, it } from 'vitest';
import { failureOf, soon } from '../client/stage.ts';
import { gate, RawClient } from '../server/raw-client.ts';
import { CHECKED, ECHO, over, PUSH, ROWS, slowly, WAIT, WAYS, work, workStage } from './support.ts';

const { onEnd, workSender, working } = workStage();

describe.each(WAYS)('a Command that its caller gives up, over %s', (way) => {
  /** A server that takes one Command at a time, and a client of it. */
  async function one() {
    const { server: options, sender } = await over(way);
    const connections: number[] = [];
    const at = await working({
      maxInFlightCommands: 1,
      onConnection: ({ connection }) => connections.push(connection.id),
      ...options,
    });
    const unexpected: unknown[] = [];
    const client = await workSender({
      address: at.address,
      onUnexpectedResult: (result) => unexpected.push(result),
      ...sender,
    });
    return { ...at, client, connections, unexpected };
  }

  it('fires the signal of its handler, and has its place until that is through', async () => {
    const { client, log, through, connections, unexpected } = await one();
    const controller = new AbortController();
    const given = client.send(work.Wait('a'), { signal: controller.signal });
    await soon(() => log).toEqual(['Wait a']);
    controller.abort();
    expect(await failureOf(given)).toMatchObject({ code: 'cancelled', mayHaveExecuted: true });
    await soon(() => log).toEqual(['Wait a', 'Wait a cancelled']);
    const next = client.send(work.Echo('b'));
    through.open();
    expect(await next).toBe('b');
    expect(log).toEqual(['Wait a', 'Wait a cancelled', 'Wait a through', 'Echo b']);
    expect([connections.length, unexpected]).toEqual([1, []]);
  });

  it('is heard of at once where the one before it has made room meanwhile', async () => {
    const { server: options, sender } = await over(way);
    const { address, log } = await working({ maxInFlightCommands: 2, ...options });
    // No Ping comes behind it, either.
    const client = await workSender({ address, keepalive: false, ...sender });
    const controller = new AbortController();
    const { signal } = controller;
    const given = [work.Push('a'), work.Push('b')].map((push) =>
      failureOf(client.sendMulti(push, () => {}, { signal })),
    );
    controller.abort();
    for (const failure of await Promise.all(given)) expect(failure).toMatchObject({ code: 'cancelled' });
    await soon(() => log).toEqual(['Push a', 'Push b', 'Push a cancelled', 'Push b cancelled']);
  });

  it('fires it as well where the time of the caller is over', async () => {
    const { client, log, through } = await one();
    through.open();
    expect(await failureOf(client.send(work.Wait('a'), { timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
    // Both ends look at the clock: whichever comes first.
    await soon(() => log.at(-1)).toBe('Wait a through');
    expect(log[1]).toMatch(/^Wait a (timeout|cancelled)$/);
    expect(await client.send(work.Echo('b'))).toBe('b');
  });

  it('ends a generator that gives Results', async () => {
    const { client, log, connections } = await one();
    for await (const { n } of client.sendMulti(work.Rows('a'))) if (n === 3) break;
    await soon(() => log).toEqual(['Rows a', 'Rows a cancelled', 'Rows a through']);
    expect(await client.send(work.Echo('b'))).toBe('b');
    expect(connections).toHaveLength(1);
  });

  it('ends a generator that heeds its signal while it waits', async () => {
    const { client, log } = await one();
    for await (const _ of client.sendMulti(work.Watch('a'))) {
      await soon(() => log).toEqual(['Watch a']);
      break;
    }
    await soon(() => log).toEqual(['Watch a', 'Watch a cancelled', 'Watch a through']);
    expect(await client.send(work.Echo('b'))).toBe('b');
  });

  it('closes the proxy of its handler, and frees its place at once', async () => {
    const { client, log, proxies, unexpected } = await one();
    for await (const _ of client.sendMulti(work.Push('a'))) break;
    await soon(() => log).toEqual(['Push a', 'Push a cancelled']);
    expect(proxies.a?.closed).toBe(true);
    void proxies.a?.send({ n: 1, last: true });
    expect(await client.send(work.Echo('b'))).toBe('b');
    expect(unexpected).toEqual([]);
  });

  it('ends its handler where so many Results were asked for, and have come', async () => {
    const { client, log } = await one();
    for await (const _ of client.sendMulti(work.Rows('a'), { resultsCount: 2 }));
    await soon(() => log).toEqual(['Rows a', 'Rows a cancelled', 'Rows a through']);
  });

  it('ends its handler where a listener of its Results throws', async () => {
    const { client, log } = await one();
    const stop = new Error('enough');
    const given = client.sendMulti(work.Rows('a'), () => {
      throw stop;
    });
    await expect(given).rejects.toMatchObject({ cause: stop });
    await soon(() => log).toEqual(['Rows a', 'Rows a cancelled', 'Rows a through']);
  });

  it('is not executed where it waits for its place', async () => {
    const { client, log, through } = await one();
    const [first, second] = [new AbortController(), new AbortController()];
    const running = failureOf(client.send(work.Wait('a'), { signal: first.signal }));
    const held = failureOf(client.send(work.Wait('b'), { signal: second.signal }));
    const last = client.send(work.Echo('c'));
    await soon(() => log).toEqual(['Wait a']);
    second.abort();
    expect(await held).toMatchObject({ code: 'cancelled' });
    first.abort();
    through.open();
    await running;
    expect(await last).toBe('c');
    expect(log).toEqual(['Wait a', 'Wait a cancelled', 'Wait a through', 'Echo c']);
  });

  it('frees its place again and again, and costs no connection', async () => {
    const { client, log, through, connections } = await one();
    through.open();
    for (let n = 0; n < 30; n++) {
      const controller = new AbortController();
      const given = failureOf(client.send(work.Wait(`${n}`), { signal: controller.signal }));
      await soon(() => log).toContain(`Wait ${n}`);
      controller.abort();
      await given;
    }
    expect(await client.send(work.Echo('x'))).toBe('x');
    expect(log.filter((line) => line.endsWith('through'))).toHaveLength(30);
    expect(connections).toHaveLength(1);
  });
});

describe('a server whose client cancels', () => {
  /** A client of bytes that has said hello. */
  async function greeted(port: number) {
    const client = await RawClient.open(port);
    onEnd(() => client[Symbol.asyncDispose]());
    await client.greet();
    return client;
  }

  it('sends ENDED once its handler is through, and no Result', async () => {
    const { server, log, through, done } = await working();
    const client = await greeted(server.port);
    client.send(2, WAIT, 'a');
    client.control(2, 'cancel');
    await client.settled();
    expect([log, client.told]).toEqual([['Wait a', 'Wait a cancelled'], []]);
    expect(done).toEqual(['Wait 2 cancelled']);
    through.open();
    await client.until(() => client.told.length > 0);
    await client.settled();
    expect([client.told, client.valuesOf(2)]).toEqual([['ended 2'], []]);
    expect(done).toEqual(['Wait 2 cancelled']);
  });

  it('executes the next only then, where it takes one at a time', async () => {
    const { server, log, through } = await working({ maxInFlightCommands: 1 });
    const client = await greeted(server.port);
    client.send(2, WAIT, 'a');
    client.control(2, 'cancel');
    client.send(3, ECHO, 'b');
    await client.settled();
    expect(log).toEqual(['Wait a', 'Wait a cancelled']);
    through.open();
    expect(await client.first(3)).toMatchObject({ value: 'b' });
    expect(client.told).toEqual(['ended 2']);
  });

  it('ends one that waits for an asynchronous schema without its handler', async () => {
    const { server, log, done } = await working({ maxInFlightCommands: 1 });
    const client = await greeted(server.port);
    slowly.gate = gate();
    client.send(2, CHECKED, 'a');
    client.control(2, 'cancel');
    client.send(3, ECHO, 'b');
    await client.settled();
    expect([log, client.told]).toEqual([[], []]);
    slowly.gate.open();
    expect(await client.first(3)).toMatchObject({ value: 'b' });
    expect([log, client.told, client.valuesOf(2)]).toEqual([['Echo b'], ['ended 2'], []]);
    expect(done).toEqual(['Checked 2 cancelled', 'Echo 3 success']);
  });

  it('leaves out those that wait for their place, and says so', async () => {
    const { server, log, through, done } = await working({ maxInFlightCommands: 1 });
    const client = await greeted(server.port);
    client.send(2, WAIT, 'a');
    for (const seq of [3, 4, 5]) client.send(seq, ECHO, `${seq}`);
    client.control(4, 'cancel');
    client.control(2, 'cancel');
    through.open();
    expect(await client.first(5)).toMatchObject({ value: '5' });
    await client.settled();
    expect(log).toEqual(['Wait a', 'Wait a cancelled', 'Wait a through', 'Echo 3', 'Echo 5']);
    expect(client.told).toEqual(['ended 2', 'ended 4']);
    expect(done).toEqual(['Wait 2 cancelled', 'Echo 3 success', 'Echo 4 cancelled', 'Echo 5 success']);
  });

  it('returns a generator that it holds back, since nothing is read', async () => {
    const { server, log } = await working();
    const client = await greeted(server.port);
    client.send(2, ROWS, 'a');
    await client.first(2);
    client.control(2, 'cancel');
    await client.until(() => client.told.length > 0);
    expect(log).toEqual(['Rows a', 'Rows a cancelled', 'Rows a through']);
    const count = client.valuesOf(2).length;
    await client.settled();
    expect(client.valuesOf(2)).toHaveLength(count);
  });

  it('takes a handler that answers by its proxy to be through', async () => {
    const { server, proxies } = await working();
    const client = await greeted(server.port);
    client.send(2, PUSH, 'a');
    await client.first(2);
    client.control(2, 'cancel');
    await client.until(() => client.told.length > 0);
    expect(proxies.a?.closed).toBe(true);
    void proxies.a?.send({ n: 1, last: true });
    await client.settled();
    expect([client.told, client.valuesOf(2)]).toEqual([['ended 2'], [{ n: 0, last: false }]]);
  });

  it('says nothing of one that is answered, or that it has never seen', async () => {
    const { server, log } = await working();
    const client = await greeted(server.port);
    await client.ask(2, ECHO, 'a');
    client.control(2, 'cancel');
    client.control(77, 'cancel');
    client.control(3, 'cancel');
    await client.settled();
    expect(await client.ask(3, ECHO, 'b')).toMatchObject({ value: 'b' });
    expect([client.told, log]).toEqual([[], ['Echo a', 'Echo b']]);
  });

  it('hears of it once', async () => {
    const { server, log, through } = await working();
    const client = await greeted(server.port);
    client.send(2, WAIT, 'a');
    client.control(2, 'cancel');
    client.control(2, 'cancel');
    await client.settled();
    through.open();
    await client.until(() => client.told.length > 0);
    client.control(2, 'cancel');
    await client.settled();
    expect(client.told).toEqual(['ended 2']);
    expect(log).toEqual(['Wait a', 'Wait a cancelled', 'Wait a through']);
  });

  it.each([
    ['the reason of its signal', (signal: AbortSignal) => signal.reason, []],
    ['an AbortError', () => new DOMException('stop', 'AbortError'), []],
    ['something else', () => new Error('broken'), ['broken']],
  ] as const)('tells its operator of a handler that throws %s only where that is news', async (_what, thrown, told) => {
    const failed: string[] = [];
    const { server, through } = await working({
      onHandlerError: (error) => failed.push((error as Error).message),
      invoker: async (_command, { signal }, next) => {
        await next();
        throw thrown(signal);
      },
    });
    through.open();
    const client = await greeted(server.port);
    client.send(2, WAIT, 'a');
    client.control(2, 'cancel');
    await client.until(() => client.told.length > 0);
    await client.settled();
    expect([failed, client.told, client.valuesOf(2)]).toEqual([told, ['ended 2'], []]);
  });

  it.each([
    ['a stream', ROWS, 'Rows'],
    ['a proxy', PUSH, 'Push'],
  ] as const)('has next() of %s reject by the reason', async (_what, type, name) => {
    const rejected: unknown[] = [];
    const { server, log } = await working({
      invoker: async (_command, { signal }, next) => {
        await Promise.resolve(next()).catch((error: unknown) => {
          log.push('next()');
          rejected.push(error === signal.reason, (error as { code: string }).code);
          throw error;
        });
      },
    });
    const client = await greeted(server.port);
    client.send(2, type, 'a');
    await client.first(2);
    client.control(2, 'cancel');
    await client.until(() => client.told.length > 0 && rejected.length > 0);
    expect(rejected).toEqual([true, 'cancelled']);
    expect(log.filter((line) => line !== 'next()')).toEqual(
      [`${name} a`, `${name} a cancelled`].concat(type === ROWS ? [`${name} a through`] : []),
    );
    await client.settled();
    expect(client.told).toEqual(['ended 2']);
  });

  it('has next() execute nothing where it is called too late', async () => {
    const called = gate();
    const failures: unknown[] = [];
    const { server, log } = await working({
      invoker: async (_command, _context, next) => {
        await called.promise;
        try {
          return await next();
        } catch (error) {
          failures.push((error as { code: string }).code);
          throw error;
        }
      },
    });
    const client = await greeted(server.port);
    client.send(2, ECHO, 'a');
    client.control(2, 'cancel');
    await client.settled();
    called.open();
    await client.until(() => client.told.length > 0);
    expect([failures, log, client.told, client.valuesOf(2)]).toEqual([['cancelled'], [], ['ended 2'], []]);
  });
});
