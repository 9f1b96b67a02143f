import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../../e2e/server/raw-client.ts';
import { makeCertificates } from '../../e2e/support/certificates.ts';
import { FORMATS, NEW } from './libraries.ts';
import { DIRECTIONS, failureOf, publishedStage } from './stage.ts';

const { libraries, pair, sending, serving } = publishedStage();
const soon = <Value>(read: () => Value) => expect.poll(read, { interval: 1 });

/** What only a new server is told, and must not be noticed by an old client. */
const ofNew: ServerOptions = { retryAfterMs: 250, maxConnectionAgeMs: 50 };
const EVERY = DIRECTIONS.flatMap((direction) => FORMATS.map((format) => ({ direction, format })));

describe.each(EVERY)('$direction, with $format', ({ direction, format }) => {
  const isOldSender = direction === DIRECTIONS[0];
  const own = isOldSender ? ofNew : {};

  it('exchange Commands, Results and streams', async () => {
    const { sender, add, countdown, came } = await pair(direction, format, { server: own });
    for (let n = 0; n < 20; n++) expect(await add(n, 2)).toBe(n + 2);
    const ticks: number[] = [];
    for await (const { n } of sender.sendMulti(countdown(30))) ticks.push(Number(n));
    expect(ticks).toEqual(Array.from({ length: 30 }, (_, at) => 30 - at));
    expect(came).toEqual({ connections: 1, lost: 0 });
  });

  it('tell each other how Commands fail', async () => {
    const options = { ...own, exposeErrors: true, maxInFlightCommands: 1, maxQueuedBytes: 1 };
    const { sender, fail, find, delay, add, server, through, log } = await pair(direction, format, { server: options });
    expect(await failureOf(sender.send(fail('no')))).toMatchObject({ code: 'command-failed', mayHaveExecuted: true });
    expect(await failureOf(sender.send(fail('meant')))).toMatchObject({
      code: 'command-failed',
      failure: 'conflict',
      details: { at: 5 },
      retryAfterMs: 70,
      mayHaveExecuted: false,
    });
    expect(await failureOf(sender.send(find('bad')))).toMatchObject({
      code: 'command-invalid',
      mayHaveExecuted: false,
    });
    const running = sender.send(delay(-1));
    await soon(() => log).toEqual(['delay -1']);
    const waiting = failureOf(sender.send(delay(-2)));
    const refused = { code: 'overloaded', mayHaveExecuted: false, retryable: true, retryAfterMs: undefined };
    expect(await failureOf(add(1, 2))).toMatchObject(refused);
    const over = server.shutdown();
    // What had waited is turned away as well, and there is no other server.
    expect(await waiting).toMatchObject({
      code: 'closed',
      mayHaveExecuted: false,
      retryable: true,
      retryAfterMs: undefined,
    });
    through.open();
    expect(Number((await running).value)).toBe(-1);
    await over;
    expect(log).toEqual(['delay -1']);
  });

  it('give up what nobody waits for, and go on', async () => {
    const { sender, delay, countdown, add, log } = await pair(direction, format, { server: own });
    expect(await failureOf(sender.sendWithDeadline(delay(-1), Date.now() + 30))).toMatchObject({ code: 'timeout' });
    const controller = new AbortController();
    const aborted = failureOf(sender.send(delay(-2), { signal: controller.signal }));
    await soon(() => log).toContain('delay -2');
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'cancelled', mayHaveExecuted: true });
    for await (const { n } of sender.sendMulti(countdown(1_000_000))) if (n !== undefined) break;
    await soon(() => log).toContain('counted from 1000000');
    expect(await add(1, 2)).toBe(3);
  });
});

describe.each(DIRECTIONS)('%s', (direction) => {
  const isOldSender = direction === DIRECTIONS[0];
  const own = isOldSender ? ofNew : {};

  it('hold a server up whose consumer is slow, or fail the stream', async () => {
    const { sender, countdown } = await pair(direction, 'msgpack', {
      server: own,
      sender: { maxBufferedResults: 10, maxBufferedResultBytes: 2_000 },
    });
    const ticks: number[] = [];
    for await (const { n } of sender.sendMulti(countdown(3_000), { whenSlow: 'pause' })) {
      ticks.push(Number(n));
      if (ticks.length % 500 === 0) await sleep(5);
    }
    expect(ticks).toEqual(Array.from({ length: 3_000 }, (_, at) => 3_000 - at));
    const failure = failureOf(
      (async () => {
        for await (const { n } of sender.sendMulti(countdown(100_000), { whenSlow: 'fail' }))
          await sleep(Number(n > 0));
      })(),
    );
    expect(await failure).toMatchObject({ code: 'result-overflow' });
  });

  it('stay connected while they have nothing to say', async () => {
    const { add, came } = await pair(direction, 'msgpack', {
      server: { ...own, idleTimeoutMs: 600 },
      sender: { keepalive: { timeMs: 50, timeoutMs: 30_000 } },
    });
    await sleep(1_500);
    expect(await add(1, 2)).toBe(3);
    expect(came).toEqual({ connections: 1, lost: 0 });
  });

  it('speak TLS', async () => {
    const { server: tls, ca } = await makeCertificates();
    const { add } = await pair(direction, 'msgpack', { server: { ...own, tls }, sender: { tls: { ca } } });
    expect(await add(1, 2)).toBe(3);
  });

  it.each([1, 3])('lose no send when one of two servers shuts down under load: %i clients', async (clients) => {
    const { ofSender, ofServer } = libraries(direction);
    const servers = [await serving(ofServer, 'msgpack'), await serving(ofServer, 'msgpack')];
    const { add } = await sending(ofSender, 'msgpack', { address: servers.map(({ address }) => address), clients });
    const failed: unknown[] = [];
    let sends = 0;
    let isOver = false;
    const sendOn = async () => {
      while (!isOver) {
        const n = ++sends;
        const outcome = await add(n, 1).catch((error: unknown) => failureOf(Promise.reject(error)));
        if (outcome !== n + 1) failed.push(outcome);
        await sleep(1);
      }
    };
    const load = Array.from({ length: 16 }, sendOn);
    await soon(() => sends).toBeGreaterThan(200);
    const leaving = servers.toSorted((a, b) => b.came.connections - a.came.connections)[0];
    await leaving?.server.shutdown();
    const soFar = sends;
    await soon(() => sends).toBeGreaterThan(soFar + 200);
    isOver = true;
    await Promise.all(load);
    expect(failed).toEqual([]);
  });
});

describe('an old sender', () => {
  it('is the published one: it and its server know nothing of the extension', async () => {
    const infos: unknown[] = [];
    for (const direction of DIRECTIONS) {
      const { server } = await serving(libraries(direction).ofServer, 'msgpack');
      const client = await RawClient.open(server.port);
      infos.push(client.serverInfo);
      await client[Symbol.asyncDispose]();
    }
    expect(infos).toEqual(['default;x1', 'default']);
  });

  it('is told of a Command that the server does not have', async () => {
    const { ofSender, ofServer } = libraries(DIRECTIONS[0]);
    const { command, createSender, defineProtocol, result } = ofSender.main;
    const { address } = await serving(ofServer, 'msgpack');
    const One = command<number>().returns('Sum');
    const longer = defineProtocol({
      results: { Sum: result<unknown>() },
      commands: { A: One, B: One, C: One, D: One, E: One, F: One },
    });
    const sender = await createSender(longer, { address });
    expect(await failureOf(sender.send(longer.F(1)))).toMatchObject({
      code: 'command-invalid',
      mayHaveExecuted: false,
    });
    await sender.close();
  });

  it('is served by a new server for Go clients, which ends the connection where a Command fails', async () => {
    const { sender, add, fail, came } = await pair(DIRECTIONS[0], 'msgpack', { server: { ...ofNew, goClients: true } });
    expect(await add(1, 2)).toBe(3);
    expect(await failureOf(sender.send(fail('no')))).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    await soon(() => came.connections).toBe(2);
    await soon(() => sender.status.state).toBe('ready');
    expect(await add(1, 2)).toBe(3);
  });
});

describe('a new sender', () => {
  it('has metadata and a Command within another as if the server knew them', async () => {
    const { ofServer } = libraries(DIRECTIONS[1]);
    const { address } = await serving(ofServer, 'json');
    const { sender, find } = await sending(NEW, 'json', { address, metadata: { token: 'secret' } });
    const { value } = await sender.send(find('abc'), { metadata: { tenant: 'acme' }, timeoutMs: 50_000 });
    expect(Number(value)).toBe(3);
  });
});
