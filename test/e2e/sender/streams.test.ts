import type { UnexpectedResult } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, sleep, stage } from '../client/stage.ts';
import { calc, ERROR, SUM, TICK } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { answer, answers, collect, MODES } from './support.ts';

const { peer, sender } = stage();
const countdown = (from: number) => calc.Countdown({ from });

describe.each(MODES)('the Results of a stream, requests running %s', (_, mode) => {
  /** A peer that holds Commands back, and a sender connected to it. */
  async function held(options: Parameters<typeof sender>[0] | object = {}) {
    const commands: PeerCommand[] = [];
    const unexpected: UnexpectedResult[] = [];
    const server = await peer({ onCommand: (received) => commands.push(received) });
    const client = await sender({
      address: server.address,
      onUnexpectedResult: (result) => unexpected.push(result),
      ...mode,
      ...options,
    });
    const tick = (n: number, command = commands[0]) =>
      command?.connection.result(command.seq, TICK, { n, last: n === 1 });
    const received = (count = 1) => expect.poll(() => commands.length).toBe(count);
    return { server, client, commands, unexpected, tick, received };
  }

  it('go to those who ask for them at the same time, in order', async () => {
    const { client, tick, received } = await held();
    const stream = client.sendMulti(countdown(3));
    const asked = [stream.next(), stream.next(), stream.next(), stream.next()];
    await received();
    for (const n of [3, 2, 1]) tick(n);
    expect((await Promise.all(asked)).map(({ value }) => value?.n)).toEqual([3, 2, 1, undefined]);
  });

  it('come before the error that ends them, which is thrown once', async () => {
    const { client, tick, received, commands } = await held();
    const stream = client.sendMulti(countdown(9));
    await received();
    for (const n of [9, 8]) tick(n);
    commands[0]?.connection.result(1, ERROR, { code: 'command-failed', message: 'out of paper' });
    await expect.poll(() => client.group.has(1, 0)).toBe(false);
    expect((await stream.next()).value).toEqual({ n: 9, last: false });
    expect((await stream.next()).value).toEqual({ n: 8, last: false });
    expect(await failureOf(stream.next())).toMatchObject({ code: 'command-failed', mayHaveExecuted: true });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  it('are a gap-free prefix when the connection goes, and never a success', async () => {
    const { client, tick, received, commands } = await held();
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { n } of client.sendMulti(countdown(9))) seen.push(n);
    })();
    await received();
    for (const n of [9, 8, 7]) tick(n);
    await expect.poll(() => seen.length).toBe(3);
    commands[0]?.connection.reset();
    expect(await failureOf(reading)).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    expect(seen).toEqual([9, 8, 7]);
  });

  it('end with success only when the last one was seen', async () => {
    const { client, tick, received, commands } = await held();
    let handled = 0;
    const handling = client.sendMulti(countdown(2), () => handled++);
    await received();
    tick(2);
    await expect.poll(() => handled).toBe(1);
    commands[0]?.connection.socket.end();
    expect(await failureOf(handling)).toMatchObject({ code: 'connection-lost' });
  });

  it('stop when the loop is left: the request is cancelled, and what still comes is unexpected', async () => {
    const { client, tick, received, unexpected } = await held({
      hooks: () => ({ onCancel: ({ seq }: { seq: number }) => void cancelled.push(seq) }),
    });
    const cancelled: number[] = [];
    const reading = (async () => {
      for await (const { n } of client.sendMulti(countdown(9))) if (n === 8) break;
    })();
    await received();
    for (const n of [9, 8]) tick(n);
    await reading;
    expect(cancelled).toEqual([1]);
    expect(client.group.has(1, 0)).toBe(false);
    tick(7);
    await expect.poll(() => unexpected).toMatchObject([{ seq: 1, type: 'Tick', value: { n: 7, last: false } }]);
  });

  it('may be left in every state, also by `await using`', async () => {
    const { client, tick, received, commands } = await held();
    const end = { done: true, value: undefined };
    const before = client.sendMulti(countdown(9));
    expect(await before.return?.()).toEqual(end);
    const waiting = client.sendMulti(countdown(9));
    const next = waiting.next();
    expect(await waiting.return?.()).toEqual(end);
    expect(await next).toEqual(end);
    await received(2);
    {
      await using stream = client.sendMulti(countdown(2));
      await received(3);
      for (const n of [2, 1]) tick(n, commands[2]);
      expect((await stream.next()).value).toMatchObject({ n: 2 });
    }
    const failed = client.sendMulti(countdown(9), { timeoutMs: 0 });
    expect(await failed.return?.()).toEqual(end);
    expect(await failed.next()).toEqual(end);
    expect([1, 2, 3].some((seq) => client.group.has(seq, 0))).toBe(false);
  });

  it('fail only their own request when too many wait for their consumer', async () => {
    const { client, tick, received, commands, unexpected } = await held({ maxBufferedResults: 3, whenSlow: 'fail' });
    const slow = client.sendMulti(countdown(99));
    const quick = client.sendMulti(countdown(99));
    const sum = client.send(onePlusOne);
    await received(3);
    for (const n of [99, 98, 97, 96]) tick(n, commands[0]);
    for (const n of [3, 2, 1]) tick(n, commands[1]);
    commands[2]?.connection.result(3, SUM, 2);
    expect(await sum).toBe(2);
    expect((await collect(quick)).map(({ n }) => n)).toEqual([3, 2, 1]);
    // Four were waiting when these arrive: one more than may.
    for (const n of [95, 94]) tick(n, commands[0]);
    await expect.poll(() => unexpected.map(({ value }) => value)).toEqual([{ n: 94, last: false }]);
    const seen: number[] = [];
    const error = await failureOf(
      (async () => {
        for await (const { n } of slow) seen.push(n);
      })(),
    );
    expect(error).toMatchObject({ code: 'result-overflow', mayHaveExecuted: true });
    expect(seen).toEqual([99, 98, 97, 96]);
  });

  it('may come thousands at a time: a caller that takes each at once is not slow', async () => {
    const { client, tick, received } = await held({ maxBufferedResults: 3 });
    const ticks = collect(client.sendMulti(countdown(5_000)));
    await received();
    for (let n = 5_000; n > 0; n--) tick(n);
    expect((await ticks).length).toBe(5_000);
  });

  it('are as many as resultsCount says, where that comes before the last one', async () => {
    const { client, tick, received, unexpected, commands } = await held();
    const two = collect(client.sendMulti(countdown(9), { resultsCount: 2 }));
    await received();
    for (const n of [9, 8, 7]) tick(n);
    expect((await two).map(({ n }) => n)).toEqual([9, 8]);
    await expect.poll(() => unexpected.map(({ value }) => value)).toEqual([{ n: 7, last: false }]);
    const all = collect(client.sendMulti(countdown(2), { resultsCount: 9 }));
    await received(2);
    for (const n of [2, 1]) tick(n, commands[1]);
    expect((await all).map(({ n }) => n)).toEqual([2, 1]);
  });

  it('cause no unhandled rejection when nobody reads them', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    const { client, received } = await held();
    client.sendMulti(countdown(9));
    client.sendMulti(countdown(9), { timeoutMs: 5 });
    await received(2);
    await client.close();
    await sleep(20);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe.each(MODES)('a handler of Results, requests running %s', (_, mode) => {
  it('gets one Result at a time, the next when its promise has resolved', async () => {
    const { address } = await peer(answers);
    const client = await sender({ address, ...mode });
    const log: string[] = [];
    await client.sendMulti(countdown(3), async ({ n }) => {
      log.push(`start ${n}`);
      await sleep(5);
      log.push(`end ${n}`);
    });
    expect(log).toEqual(['start 3', 'end 3', 'start 2', 'end 2', 'start 1', 'end 1']);
  });

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('own mistake');
      },
    ],
    ['rejects', () => Promise.reject(new Error('own mistake'))],
  ])('that %s fails the send, and the request is over: what still comes is unexpected', async (_, fail) => {
    const unexpected: UnexpectedResult[] = [];
    const heard: string[] = [];
    const commands: PeerCommand[] = [];
    const server = await peer({
      onCommand: (command) => {
        commands.push(command);
        if (command.type === 1) command.connection.result(command.seq, TICK, { n: 3, last: false });
        else answer(command);
      },
    });
    const client = await sender({
      address: server.address,
      onUnexpectedResult: (result) => unexpected.push(result),
      hooks: () => ({
        onError: (_, { code }) => void heard.push(`error ${code}`),
        onCancel: () => void heard.push('cancel'),
      }),
      ...mode,
    });
    let calls = 0;
    const error = await failureOf(
      client.sendMulti(countdown(3), () => {
        calls++;
        return fail();
      }),
    );
    expect(error).toMatchObject({ code: 'consumer-failed', mayHaveExecuted: true, cause: { message: 'own mistake' } });
    expect(error.message).toBe('Countdown: the handler of its Results threw: own mistake');
    expect(client.group.has(1, 0)).toBe(false);
    commands[0]?.connection.result(1, TICK, { n: 2, last: false });
    await expect.poll(() => unexpected).toMatchObject([{ seq: 1, value: { n: 2 } }]);
    expect(calls).toBe(1);
    expect(heard).toEqual(['error consumer-failed']);
    // The connection has nothing to do with it.
    expect(await client.send(onePlusOne)).toBe(2);
    expect(client.status.state).toBe('ready');
  });

  it('may be slow: the Results that wait for it are bounded, and the deadline does not cut it short', async () => {
    const { address } = await peer(answers);
    const client = await sender({ address, ...mode });
    const seen: number[] = [];
    const handle = async ({ n }: { n: number }) => {
      await sleep(150);
      seen.push(n);
    };
    // All Results are there long before the deadline; what the handler takes for them is its own time.
    await client.sendMulti(countdown(4), handle, { timeoutMs: 500 });
    expect(seen).toEqual([4, 3, 2, 1]);
  });
});
