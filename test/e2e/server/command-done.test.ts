import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CmdStreamError, command, defineProtocol, result } from '../../../src/index.ts';
import type { CommandDoneInfo, CommandOutcome } from '../../../src/server/callback-infos.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { eventually, RawClient } from './raw-client.ts';

expectNothingLeft();

const ECHO = 0;
const FAIL = 1;
const CHECKED = 2;
const STREAM = 3;
const WAIT = 4;
const PROXY = 5;

const protocol = defineProtocol({
  results: {
    Value: result<unknown>(),
    Tick: result<{ n: number; last: boolean }>({ lastOne: ({ last }) => last }),
  },
  commands: {
    Echo: command<unknown>().returns('Value'),
    Fail: command<string>().returns('Value'),
    Checked: command(z.number().refine(async (n) => n > 0, 'must be above 0')).returns('Value'),
    Stream: command<number>().returns('Tick'),
    Wait: command<unknown>().returns('Value'),
    Proxy: command<number>().returns('Tick'),
  },
});

interface Done {
  readonly info: CommandDoneInfo;
  readonly outcome: CommandOutcome;
  readonly results: number;
  readonly durationMs: number;
}

/** A server, and the ends that it has told of. */
async function servedAndTold(options: ServerOptions<null> = {}) {
  const done: Done[] = [];
  const server = await serve(
    protocol,
    null,
    {
      Echo: (value) => value,
      Fail(message) {
        throw new Error(message);
      },
      Checked: (value) => value,
      async *Stream(count) {
        for (let n = 1; n <= count; n++) {
          yield { n, last: n === count };
          await sleep(1);
        }
        if (count === 0) {
          yield { n: 1, last: false };
          throw new Error('the disk is full');
        }
      },
      Wait: () => new Promise(() => {}),
      async Proxy(count, { proxy }) {
        for (let n = 1; n <= Math.abs(count); n++) await proxy.send({ n, last: n === count });
        return proxy;
      },
    },
    {
      onHandlerError: () => {},
      onCommandDone: (info, outcome, results, durationMs) => done.push({ info, outcome, results, durationMs }),
      ...options,
    },
  );
  const client = await RawClient.open(server.port);
  const told = async (count: number) => {
    await eventually(() => done.length >= count);
    await sleep(10);
    return done.map(({ info, outcome, results }) => [
      info.seq,
      info.command,
      outcome === 'success' ? outcome : outcome.code,
      results,
    ]);
  };
  return {
    server,
    client,
    done,
    told,
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

describe.each<[string, ServerOptions<null>]>([
  ['without an invoker', {}],
  ['with one', { invoker: async (_command, _context, next) => await next() }],
])('onCommandDone, %s,', (_with, options) => {
  it('is told once of each Command that succeeds, with the number of its Results', async () => {
    await using it = await servedAndTold(options);
    it.client.send(1, ECHO, 'a');
    it.client.send(2, CHECKED, 1);
    it.client.send(3, STREAM, 3);
    it.client.send(4, PROXY, 2);
    const told = await it.told(4);
    expect(told.sort()).toEqual([
      [1, 'Echo', 'success', 1],
      [2, 'Checked', 'success', 1],
      [3, 'Stream', 'success', 3],
      [4, 'Proxy', 'success', 2],
    ]);
    expect(it.done.find(({ info }) => info.seq === 1)?.info).toEqual({
      command: 'Echo',
      type: ECHO,
      seq: 1,
      remoteAddress: `127.0.0.1:${it.client.socket.localPort}`,
      peer: expect.objectContaining({ address: '127.0.0.1', port: it.client.socket.localPort, tls: false }),
      connection: expect.objectContaining({ id: 1 }),
    });
  });

  it('is told once of each Command that fails, or is refused', async () => {
    await using it = await servedAndTold(options);
    it.client.send(1, FAIL, 'no luck');
    it.client.send(2, CHECKED, -1);
    it.client.send(3, CHECKED, 'text');
    it.client.send(4, 77, null);
    it.client.send(5, STREAM, 0);
    it.client.send(6, PROXY, -2);
    // Neither a last Result nor an error so far; the connection's end is its end.
    await it.client.until(() => it.client.received.length >= 8);
    it.client.socket.destroy();
    const told = await it.told(6);
    expect(told.sort()).toEqual([
      [1, 'Fail', 'command-failed', 0],
      [2, 'Checked', 'command-invalid', 0],
      [3, 'Checked', 'command-invalid', 0],
      [4, undefined, 'command-invalid', 0],
      [5, 'Stream', 'command-failed', 1],
      [6, 'Proxy', 'closed', 2],
    ]);
    const failed = it.done.find(({ info }) => info.seq === 1);
    expect(failed?.outcome).toBeInstanceOf(CmdStreamError);
    expect(failed?.outcome).toMatchObject({ message: 'no luck', cause: { message: 'no luck' }, mayHaveExecuted: true });
    expect(it.done.find(({ info }) => info.seq === 4)?.info).toMatchObject({ type: 77 });
  });

  it('is told of a payload that is not readable', async () => {
    await using it = await servedAndTold(options);
    // Sequence number 1, type 0, two bytes of which msgpack can read one.
    it.client.socket.write(Buffer.of(1, ECHO, 2, 0xc1, 0xc1));
    expect(await it.told(1)).toEqual([[1, 'Echo', 'command-invalid', 0]]);
  });

  it.each<[string, (it: Awaited<ReturnType<typeof servedAndTold>>) => void, string]>([
    ['its client says goodbye', ({ client }) => client.socket.end(), 'closed'],
    ['its connection is reset', ({ client }) => client.socket.resetAndDestroy(), 'connection-lost'],
    ['its client breaks the protocol', ({ client }) => client.socket.write(Buffer.alloc(16, 0xff)), 'connection-lost'],
    ['the server closes', ({ server }) => void server.close(), 'closed'],
  ])('is told of what is in flight when %s, once', async (_what, end, code) => {
    await using it = await servedAndTold(options);
    it.client.send(1, WAIT, null);
    it.client.send(2, STREAM, 100_000);
    it.client.send(3, PROXY, -1);
    await it.client.until(() => it.client.valuesOf(2).length >= 2);
    end(it);
    const told = await it.told(3);
    expect(told).toMatchObject([
      [1, 'Wait', code, 0],
      [2, 'Stream', code, expect.any(Number)],
      [3, 'Proxy', code, 1],
    ]);
    expect(told[1]?.[3]).toBeGreaterThan(1);
  });

  it("is told of its own failure and of its neighbours' loss where a failure ends the connection", async () => {
    await using it = await servedAndTold({ ...options, goClients: true });
    it.client.send(1, WAIT, null);
    it.client.send(2, FAIL, 'no luck');
    expect((await it.told(2)).sort()).toEqual([
      [1, 'Wait', 'connection-lost', 0],
      [2, 'Fail', 'command-failed', 0],
    ]);
    expect(it.done.find(({ info }) => info.seq === 1)?.outcome).toMatchObject({ cause: { code: 'command-failed' } });
  });

  it('is told of what comes when the server is closing already, which is not executed', async () => {
    await using it = await servedAndTold(options);
    it.client.send(1, WAIT, null);
    await eventually(() => it.server.connections === 1);
    await it.client.ask(2, ECHO, null);
    void it.server.shutdown({ timeoutMs: 60_000 });
    it.client.send(3, ECHO, null);
    expect(await it.told(2)).toEqual([
      [2, 'Echo', 'success', 1],
      [3, 'Echo', 'closed', 0],
    ]);
  });

  it('is told how long it took since it arrived', async () => {
    await using it = await servedAndTold(options);
    it.client.send(1, STREAM, 30);
    await it.told(1);
    expect(it.done[0]?.durationMs).toBeGreaterThan(20);
    expect(it.done[0]?.durationMs).toBeLessThan(20_000);
  });

  it('may throw, which changes nothing', async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error) => warnings.push(warning.message);
    process.on('warning', onWarning);
    await using it = await servedAndTold({
      ...options,
      onCommandDone: () => {
        throw new Error('the metrics are down');
      },
    });
    expect((await it.client.ask(1, ECHO, 1)).value).toBe(1);
    expect((await it.client.ask(2, ECHO, 2)).value).toBe(2);
    await eventually(() => warnings.length > 0);
    process.off('warning', onWarning);
    expect(warnings).toEqual([expect.stringContaining("the server's 'onCommandDone' callback")]);
  });
});
