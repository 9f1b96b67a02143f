import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock, type TimerHandle } from '../../../src/base/clock.ts';
import { command, defineProtocol, result } from '../../../src/index.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { gate, RawClient } from './raw-client.ts';

expectNothingLeft();

const WAIT = 0;

const protocol = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Wait: command<unknown>().returns('Value') },
});

/** A server whose `Wait` is answered when the test says so. */
async function serveWaiting(options: ServerOptions = {}) {
  const go = gate();
  const waiting = gate();
  const executed: unknown[] = [];
  const server = await serve(
    protocol,
    null,
    {
      async Wait(value) {
        executed.push(value);
        waiting.open();
        await go.promise;
        return value;
      },
    },
    options,
  );
  return { server, go, waiting, executed };
}

describe('shutting down', () => {
  it('lets Commands in flight finish, then closes', async () => {
    const { server, go, waiting } = await serveWaiting();
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, 'done');
    await waiting.promise;
    const over = server.shutdown();
    await sleep(50);
    expect(client.socket.closed).toBe(false);
    go.open();
    expect((await client.first(1)).value).toBe('done');
    await over;
    await client.closed;
    expect(server.connections).toBe(0);
  });

  it('writes Results that a slow client has not taken yet', async () => {
    const { server, go, waiting } = await serveWaiting({ maxBufferedBytes: 1024 });
    go.open();
    await using client = await RawClient.open(server.port);
    client.socket.pause();
    const large = 'x'.repeat(4_000_000);
    client.send(1, WAIT, large);
    await waiting.promise;
    await sleep(20);
    const over = server.shutdown();
    await sleep(20);
    client.socket.resume();
    await over;
    await client.closed;
    expect(client.valuesOf(1)).toEqual([large]);
  });

  it('does not execute what arrives afterwards, and still answers Pings', async () => {
    const { server, go, waiting, executed } = await serveWaiting();
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, 'first');
    await waiting.promise;
    const over = server.shutdown();
    client.send(2, WAIT, 'second');
    client.ping();
    await client.first(0);
    go.open();
    await over;
    await client.closed;
    expect(executed).toEqual(['first']);
    expect(client.valuesOf(2)).toMatchObject([{ code: 'closed' }]);
  });

  it('accepts no new connection', async () => {
    const { server, go, waiting } = await serveWaiting();
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, null);
    await waiting.promise;
    const over = server.shutdown();
    await expect(RawClient.open(server.port)).rejects.toThrow();
    go.open();
    await over;
  });

  it('is over at the latest after its timeout', async () => {
    const { server, waiting } = await serveWaiting();
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, null);
    await waiting.promise;
    const before = performance.now();
    await server.shutdown({ timeoutMs: 100 });
    expect(performance.now() - before).toBeGreaterThan(90);
    expect(performance.now() - before).toBeLessThan(5_000);
    await client.closed;
  });

  it('does not wait for a client that never says goodbye', async () => {
    const { server } = await serveWaiting();
    await using rude = new RawClient(connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true }));
    await rude.until(() => rude.serverInfo !== undefined);
    const before = performance.now();
    await server.shutdown({ timeoutMs: 60_000 });
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it('by `await using` waits for what is in flight', async () => {
    const { server, go, waiting } = await serveWaiting();
    await using client = await RawClient.open(server.port);
    {
      await using _ = server;
      client.send(1, WAIT, 'done');
      await waiting.promise;
      setTimeout(go.open, 20);
    }
    expect(server.connections).toBe(0);
    await client.closed;
    expect(client.valuesOf(1)).toEqual(['done']);
  });

  it('refuses a timeout that is none', async () => {
    const { server } = await serveWaiting();
    await expect(server.shutdown({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(server.shutdown({ timeout: 1 } as object)).rejects.toThrow("no option 'timeout'");
    await server.close();
  });
});

describe('closing', () => {
  it('is immediate, and may be said as often as one likes', async () => {
    const { server, waiting } = await serveWaiting();
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, null);
    await waiting.promise;
    await Promise.all([server.close(), server.close(), server.shutdown(), server.done]);
    await client.closed;
    await server.close();
    await server.shutdown();
  });

  it('during a shutdown forces it', async () => {
    const { server, waiting } = await serveWaiting();
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, null);
    await waiting.promise;
    const over = server.shutdown({ timeoutMs: 60_000 });
    await server.close();
    await over;
    await client.closed;
  });

  it('frees the port, and leaves no timer', async () => {
    const timers = new Set<TimerHandle>();
    const { server, waiting } = await serveWaiting({
      idleTimeoutMs: 1_000,
      clock: {
        ...systemClock,
        setTimeout(callback, delayMs) {
          const handle = systemClock.setTimeout(() => {
            timers.delete(handle);
            callback();
          }, delayMs);
          timers.add(handle);
          return handle;
        },
        clearTimeout(handle) {
          timers.delete(handle);
          systemClock.clearTimeout(handle);
        },
      },
    });
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, null);
    await waiting.promise;
    expect(timers.size).toBeGreaterThan(0);
    void server.shutdown({ timeoutMs: 60_000 });
    await server.close();
    expect(timers.size).toBe(0);
    const again = await serve(protocol, null, { Wait: () => 1 }, { port: server.port });
    await again.close();
  });
});

describe('closing while generators are at work', () => {
  it('leaves nothing behind either', async () => {
    const timers = new Set<TimerHandle>();
    const endless = defineProtocol({
      results: { Value: result<number>({ lastOne: () => false }) },
      commands: { Count: command().returns('Value') },
    });
    const server = await serve(
      endless,
      null,
      {
        *Count() {
          for (let n = 0; ; n++) yield n;
        },
      },
      {
        clock: {
          ...systemClock,
          setTimeout(callback, delayMs) {
            const handle = systemClock.setTimeout(() => {
              timers.delete(handle);
              callback();
            }, delayMs);
            timers.add(handle);
            return handle;
          },
          clearTimeout(handle) {
            timers.delete(handle);
            systemClock.clearTimeout(handle);
          },
        },
      },
    );
    await using client = await RawClient.open(server.port);
    for (let seq = 1; seq <= 10; seq++) client.send(seq, 0, null);
    // With a clock that is not the machine's each costs a timer.
    await client.count(100);
    await server.close();
    expect(timers.size).toBe(0);
  });
});

describe('listening', () => {
  it('on an address that is taken fails, naming it', async () => {
    const { server } = await serveWaiting();
    const second = serve(protocol, null, { Wait: () => 1 }, { port: server.port });
    await expect(second).rejects.toMatchObject({
      code: 'listen-failed',
      message: expect.stringContaining(`cannot listen on 127.0.0.1:${server.port}`),
      cause: { code: 'EADDRINUSE' },
    });
    await server.close();
  });
});
