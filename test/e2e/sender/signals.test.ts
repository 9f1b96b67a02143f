import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, sleep, stage } from '../client/stage.ts';
import { calc, ERROR, SUM, TICK } from '../support/calc.ts';
import { answers, collect, MODES } from './support.ts';

const { peer, sender } = stage();
const countdown = calc.Countdown({ from: 3 });

describe.each(MODES)('the signal of a send, requests running %s', (_, mode) => {
  it('that has fired already sends nothing, and asks no hook', async () => {
    const server = await peer(answers);
    let asked = 0;
    const hooks = () => ({ beforeSend: () => void asked++ });
    const client = await sender({ address: server.address, hooks, ...mode });
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    const failures = [
      client.send(onePlusOne, { signal }),
      client.sendWithDeadline(onePlusOne, Date.now() + 5_000, { signal }),
      client.sendMulti(countdown, () => undefined, { signal }),
      collect(client.sendMulti(countdown, { signal })),
    ];
    for (const failure of failures) {
      const error = await failureOf(failure);
      expect(error).toMatchObject({ code: 'cancelled', mayHaveExecuted: false, cause: reason });
      expect(error.message).toMatch(/was cancelled by its caller; it was not sent$/);
    }
    await client.send(onePlusOne);
    expect([asked, server.commands.length]).toEqual([1, 1]);
  });

  it('cancels what is under way, with its reason as the cause', async () => {
    const server = await peer({});
    const client = await sender({ address: server.address, ...mode });
    const controller = new AbortController();
    const { signal } = controller;
    const failures = [
      client.send(onePlusOne, { signal }),
      client.sendMulti(countdown, () => undefined, { signal }),
      collect(client.sendMulti(countdown, { signal })),
    ].map(failureOf);
    await expect.poll(() => server.commands.length).toBe(3);
    controller.abort('enough');
    for (const failure of failures) {
      expect(await failure).toMatchObject({ code: 'cancelled', mayHaveExecuted: true, cause: 'enough' });
    }
    expect(client.group.has(1, 0)).toBe(false);
  });

  it('is left alone by every send that has ended, however it did', async () => {
    let oneMore = () => {};
    const server = await peer({
      onCommand: ({ seq, type, connection }) => {
        if (type === 0) connection.result(seq, SUM, 2);
        if (type === 1) {
          for (let n = 0; n < 4; n++) connection.result(seq, TICK, { n, last: false });
          oneMore = () => connection.result(seq, TICK, { n: 4, last: false });
        }
        if (type === 4) connection.result(seq, ERROR, { code: 'command-failed', message: 'no' });
      },
    });
    const client = await sender({ address: server.address, maxBufferedResults: 3, whenSlow: 'fail', ...mode });
    const { signal } = new AbortController();
    const wait = calc.Wait({ ms: 1 });
    await client.send(onePlusOne, { signal });
    await failureOf(client.send(calc.Fail({ message: '' }), { signal }));
    await failureOf(client.send(wait, { signal, timeoutMs: 10 }));
    await failureOf(client.send(wait, { signal, timeoutMs: 0 }));
    await failureOf(client.send(wait, { signal, timeoutMs: -1 }));
    for await (const _ of client.sendMulti(countdown, { signal })) break;
    await client.sendMulti(countdown, () => undefined, { signal, resultsCount: 1 });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    // Nobody takes its Results: too many wait.
    const asked = server.commands.length;
    const overflowing = client.sendMulti(countdown, { signal });
    await expect.poll(() => server.commands.length).toBe(asked + 1);
    const more = setInterval(() => oneMore(), 20);
    await expect.poll(() => getEventListeners(signal, 'abort')).toEqual([]);
    clearInterval(more);
    expect(await failureOf(collect(overflowing))).toMatchObject({ code: 'result-overflow' });
    const atClose = failureOf(client.send(wait, { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await client.close();
    expect(await atClose).toMatchObject({ code: 'closed' });
    expect(await failureOf(client.send(wait, { signal }))).toMatchObject({ code: 'closed' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('may be shared by very many sends', async () => {
    const { address } = await peer(answers);
    const client = await sender({ address, ...mode });
    const { signal } = new AbortController();
    const sends = Array.from({ length: 200 }, () => client.send(onePlusOne, { signal }));
    // Node warns of a leak from the eleventh on.
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await Promise.all(sends);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('of AbortSignal.timeout cancels as any other', async () => {
    const { address } = await peer({});
    const client = await sender({ address, ...mode });
    const error = await failureOf(client.send(onePlusOne, { signal: AbortSignal.timeout(30) }));
    expect(error).toMatchObject({ code: 'cancelled', cause: { name: 'TimeoutError' } });
    await sleep(0);
  });

  it('ends a stream after the Results that came before it', async () => {
    const { address } = await peer({
      onCommand: ({ seq, connection }) => {
        connection.result(seq, TICK, { n: 3, last: false });
        connection.result(seq, TICK, { n: 2, last: false });
      },
    });
    const client = await sender({ address, ...mode });
    const controller = new AbortController();
    const stream = client.sendMulti(countdown, { signal: controller.signal });
    expect(await stream.next()).toMatchObject({ value: { n: 3 } });
    // Both Results came in one piece.
    controller.abort('enough');
    expect(await stream.next()).toMatchObject({ value: { n: 2 } });
    expect(await failureOf(stream.next())).toMatchObject({ code: 'cancelled', cause: 'enough' });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });
});
