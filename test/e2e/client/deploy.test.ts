import { setTimeout as sleep } from 'node:timers/promises';
import { command, createSender, defineProtocol, result, type SenderOptions, type Server, serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { OwnTime } from '../../support/own-time.ts';
import { freePort } from '../../support/ports.ts';
import { failureOf, soon, stage } from './stage.ts';

const { onEnd } = stage();

const shop = defineProtocol({
  results: { Text: result<string>(), Tick: result<number>({ lastOne: (left) => left === 0 }) },
  commands: {
    Echo: command<string>().returns('Text'),
    Slow: command<number>().returns('Text'),
    Ticks: command<number>().returns('Tick'),
  },
});

/** A server that notes what it has executed. */
async function shopServer(port = 0, options: { readonly maxInFlightCommands?: number } = {}) {
  const executed: string[] = [];
  const running = { slow: 0 };
  const server = await serve(
    shop,
    undefined,
    {
      Echo: (text) => {
        executed.push(text);
        return text;
      },
      Slow: async (ms) => {
        running.slow++;
        await sleep(ms);
        return 'slow';
      },
      async *Ticks(left) {
        for (let n = left; n >= 0; n--) {
          yield n;
          await sleep(10);
        }
      },
    },
    { port, ...options },
  );
  onEnd(() => server.close());
  return { server, executed, running, address: server.address };
}

async function senderOf(address: string | readonly string[], options: Partial<SenderOptions> = {}) {
  const states: string[] = [];
  const sender = await createSender(shop, {
    address,
    onStatus: (event) => event.type === 'client' && states.push(event.state),
    ...options,
  });
  onEnd(() => sender.close());
  return { sender, states };
}

/** The server among `all` that has a Slow Command under way. */
const busyOne = (all: readonly Awaited<ReturnType<typeof shopServer>>[]) =>
  all.find(({ running }) => running.slow > 0) as Awaited<ReturnType<typeof shopServer>>;

describe('a server that is shut down while it is sent Commands', () => {
  it.each([1, 2, 4])('F6: loses none of them where there is another one: %i clients', async (clients) => {
    const servers = [await shopServer(), await shopServer()];
    const { sender } = await senderOf(
      servers.map(({ address }) => address),
      { clients },
    );
    const slow = sender.send(shop.Slow(1_000));
    await soon(() => servers.some(({ running }) => running.slow > 0)).toBe(true);
    const leaving = busyOne(servers);
    const down = leaving.server.shutdown();
    const texts = Array.from({ length: 30 }, (_, n) => `${n}`);
    const answers: Promise<string>[] = [];
    for (const text of texts) {
      answers.push(sender.send(shop.Echo(text)));
      await sleep(10);
    }
    expect(await Promise.all(answers)).toEqual(texts);
    expect(await slow).toBe('slow');
    await down;
    expect(servers.flatMap(({ executed }) => executed).sort()).toEqual([...texts].sort());
  });

  it('F6: says of what comes that it was not executed, where there is no other one', async () => {
    const only = await shopServer();
    const { sender } = await senderOf(only.address);
    const slow = sender.send(shop.Slow(500));
    await soon(() => only.running.slow).toBe(1);
    void only.server.shutdown();
    const failure = await failureOf(sender.send(shop.Echo('x')));
    expect(failure).toMatchObject({ code: 'closed', mayHaveExecuted: false, retryable: true });
    expect(failure).toMatchObject({ command: 'Echo', address: only.address, clientId: 0, seq: 2 });
    expect(failure.message).toContain('has said goodbye, and has not executed it');
    expect(await slow).toBe('slow');
    expect(only.executed).toEqual([]);
  });

  it('F6: says so to whoever sends through the group, who may send it again', async () => {
    const only = await shopServer();
    const { sender } = await senderOf(only.address);
    const slow = sender.send(shop.Slow(300));
    await soon(() => only.running.slow).toBe(1);
    void only.server.shutdown();
    const failure = await new Promise((failed) => {
      sender.group.send(shop.Echo('x'), { result: () => {}, failed });
    });
    expect(failure).toMatchObject({ code: 'closed', mayHaveExecuted: false, retryable: true, seq: 2 });
    await slow;
  });

  it('says of what this side has closed that it is no use to send it again', async () => {
    const only = await shopServer();
    const { sender } = await senderOf(only.address);
    const failure = failureOf(sender.send(shop.Echo('x')));
    void sender.close();
    expect(await failure).toMatchObject({
      code: 'closed',
      mayHaveExecuted: false,
      retryable: false,
      address: only.address,
    });
  });

  it('F6: refuses what it has put aside at its limit, which another one then executes', async () => {
    const servers = [await shopServer(0, { maxInFlightCommands: 2 }), await shopServer(0, { maxInFlightCommands: 2 })];
    const { sender } = await senderOf(servers.map(({ address }) => address));
    const slow = [sender.send(shop.Slow(700)), sender.send(shop.Slow(700))];
    await soon(() => servers.some(({ running }) => running.slow === 2)).toBe(true);
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
    const answers = texts.map((text) => sender.send(shop.Echo(text)));
    const leaving = busyOne(servers);
    await sleep(50);
    void leaving.server.shutdown();
    expect(await Promise.all(answers)).toEqual(texts);
    expect(leaving.executed).toEqual([]);
    expect(await Promise.all(slow)).toEqual(['slow', 'slow']);
  });

  it.each([
    ['there is another one', 2, false],
    ['one Command comes', 1, true],
    ['there is nothing else at all', 1, false],
  ])('F22: is not held up by a stream that its client has left, where %s', async (_, count, isAsked) => {
    const servers = [await shopServer(), await shopServer()].slice(0, count);
    const { sender } = await senderOf(servers.map(({ address }) => address));
    for await (const _ of sender.sendMulti(shop.Ticks(1_000_000))) break;
    const leaving = servers.find(({ server }) => server.connections === 1) as (typeof servers)[0];
    using time = new OwnTime();
    const down = leaving.server.shutdown({ timeoutMs: 20_000 });
    if (isAsked) expect((await failureOf(sender.send(shop.Echo('x')))).code).toBe('closed');
    await down;
    expect(time.ms).toBeLessThan(10_000);
  });

  it('lets streams come to their end, and closes once the client has', async () => {
    const servers = [await shopServer(), await shopServer()];
    const { sender } = await senderOf(servers.map(({ address }) => address));
    const numbers: number[] = [];
    const stream = (async () => {
      for await (const n of sender.sendMulti(shop.Ticks(60))) numbers.push(n);
    })();
    await soon(() => numbers.length).toBeGreaterThan(0);
    const leaving = servers.find(({ server }) => server.connections === 1) as (typeof servers)[0];
    const down = leaving.server.shutdown({ timeoutMs: 60_000 });
    expect(await sender.send(shop.Echo('meanwhile'))).toBe('meanwhile');
    await stream;
    await down;
    expect(numbers).toHaveLength(61);
    expect(leaving.executed).toEqual([]);
  });

  it.each([
    [2, 1],
    [3, 1],
    [2, 4],
  ])('F6: loses none where %i are restarted one after the other, soon: %i clients', async (count, clients) => {
    const servers = await Promise.all(Array.from({ length: count }, () => shopServer()));
    const { sender } = await senderOf(
      servers.map(({ address }) => address),
      { clients },
    );
    const ids: string[] = [];
    let isOver = false;
    const call = async () => {
      while (!isOver) {
        const id = `${ids.length}`;
        ids.push(id);
        expect(await sender.send(shop.Echo(id))).toBe(id);
        await sleep(2);
      }
    };
    const callers = Promise.all(Array.from({ length: 20 }, call));
    const restarts = async () => {
      for (let n = 0; n < 3 * count; n++) {
        const { server } = servers[servers.length - count] as (typeof servers)[0];
        await server.shutdown();
        servers.push(await shopServer(server.port));
        // No connection lives for a second; but one that has lived for no time at all is not worth to be moved at once.
        await soon(() => sender.status.state).toBe('ready');
        await sleep(250);
      }
    };
    await Promise.race([restarts(), callers]);
    isOver = true;
    await callers;
    expect(servers.flatMap(({ executed }) => executed).sort()).toEqual([...ids].sort());
  });

  it('costs a client that is idle nothing either', async () => {
    const servers = [await shopServer(), await shopServer()];
    const { sender } = await senderOf(servers.map(({ address }) => address));
    expect(await sender.send(shop.Echo('a'))).toBe('a');
    const leaving = servers.find(({ server }) => server.connections === 1) as { server: Server };
    await leaving.server.shutdown();
    expect(await sender.send(shop.Echo('b'))).toBe('b');
  });

  it('does not make a sender dial without a pause where every server sends it away', async () => {
    let accepted = 0;
    let isOver = false;
    const refuse = async (port: number): Promise<void> => {
      const server = await serve(
        shop,
        undefined,
        { Echo: (text) => text, Slow: () => '', async *Ticks() {} },
        {
          port,
          onConnection: () => {
            accepted++;
            setImmediate(() => void server.shutdown());
          },
        },
      );
      onEnd(() => server.close());
      void server.done.then(() => (isOver ? undefined : refuse(server.port)));
    };
    const port = await freePort();
    await refuse(port);
    const { sender } = await senderOf(`127.0.0.1:${port}`, { lazy: true, reconnect: { initialMs: 200 } });
    const until = Date.now() + 1_500;
    while (Date.now() < until)
      await sender.send(shop.Echo('x'), { waitForReady: true, timeoutMs: 500 }).catch(() => {});
    isOver = true;
    expect(accepted).toBeLessThan(25);
  });
});
