import type { Sender } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, stage, timed } from '../client/stage.ts';
import { calc, SUM, TICK } from '../support/calc.ts';
import { LeakWatch } from '../support/leaks.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { answers, collect, MODES } from './support.ts';

const { peer, sender, onEnd } = stage();

const wait = calc.Wait({ ms: 1 });
const isTimer = (left: string) => left.startsWith('timer');

/** The ways in which a sender can be ended; all may be called as often as one likes. */
const ends: [name: string, end: (client: Sender<typeof calc>) => Promise<void>][] = [
  ['close', (client) => client.close()],
  ['drain', (client) => client.drain()],
  ['closeAndWait', (client) => client.closeAndWait(100)],
  ['await using', (client) => client[Symbol.asyncDispose]()],
];

describe.each(MODES)('ending a sender, requests running %s', (_, mode) => {
  /** A sender with a send in every situation there is, none of which comes to an end by itself. */
  async function busy() {
    const server = await peer({
      onCommand: ({ seq, type, connection }) => {
        if (type === 1) connection.result(seq, TICK, { n: 9, last: false });
      },
    });
    const client = await sender({
      address: server.address,
      maxInFlightCommands: 4,
      whenFull: 'wait',
      drainTimeoutMs: 100,
      hooks: () => ({
        beforeSend: ({ payload }) => (payload === 'thinks' ? new Promise(() => undefined) : undefined),
      }),
      ...mode,
    });
    let handled = 0;
    const left: Record<string, Promise<unknown>> = {
      sent: client.send(wait),
      'sent by a deadline': client.send(wait, { timeoutMs: 60_000 }),
      'a stream': collect(client.sendMulti(calc.Countdown({ from: 9 }))),
      'a stream with a handler': client.sendMulti(calc.Countdown({ from: 9 }), () => handled++),
    };
    const kept: Record<string, Promise<unknown>> = {
      'in the line': client.send(onePlusOne),
      'in the line by a deadline': client.send(onePlusOne, { timeoutMs: 60_000 }),
      'a stream in the line': collect(client.sendMulti(calc.Countdown({ from: 9 }))),
      'before its hook': client.send(calc.Echo('thinks')),
      'before its hook by a deadline': client.send(calc.Echo('thinks'), { timeoutMs: 60_000 }),
    };
    for (const promise of [...Object.values(left), ...Object.values(kept)]) promise.catch(() => undefined);
    await expect.poll(() => server.commands.length).toBe(4);
    await expect.poll(() => handled).toBe(1);
    return { server, client, left, kept };
  }

  it.each(ends)('by %s settles every send, in time, and leaves nothing', async (_, end) => {
    const watch = new LeakWatch();
    onEnd(() => watch.stop());
    const { client, left, kept, server } = await busy();
    expect((await watch.whatIsLeft(0)).filter(isTimer)).not.toEqual([]);
    const tookMs = await timed(() => end(client));
    expect(tookMs).toBeLessThan(2_000);
    for (const [name, promise] of Object.entries(left)) {
      expect(await failureOf(promise), name).toMatchObject({ code: 'closed', mayHaveExecuted: true });
    }
    for (const [name, promise] of Object.entries(kept)) {
      expect(await failureOf(promise), name).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    }
    expect(client.status.state).toBe('closed');
    await client.done;
    expect((await watch.whatIsLeft(0)).filter(isTimer)).toEqual([]);
    await expect.poll(() => server.connections.length).toBe(0);
    expect(server.commands).toHaveLength(4);
  });

  it('by close fails what has not left yet, and it never leaves', async () => {
    const server = await peer(answers);
    const client = await sender({ address: server.address, ...mode });
    const failures = [client.send(onePlusOne), collect(client.sendMulti(calc.Countdown({ from: 3 })))].map(failureOf);
    await client.close();
    for (const failure of failures) expect(await failure).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    expect(server.commands).toEqual([]);
  });

  it('may be done in every way, one after the other and all at once, any number of times', async () => {
    const { client } = await busy();
    await Promise.all(ends.flatMap(([, end]) => [end(client), end(client)]));
    for (const [, end] of ends) await end(client);
    await client.done;
    expect(client.status.state).toBe('closed');
  });

  it('by drain lets what has been sent come to its end, streams too, and keeps its deadlines', async () => {
    const held: PeerCommand[] = [];
    const server = await peer({ onCommand: (command) => held.push(command) });
    const client = await sender({ address: server.address, ...mode });
    const sum = client.send(onePlusOne);
    const ticks = collect(client.sendMulti(calc.Countdown({ from: 2 })));
    const tooLate = failureOf(client.send(wait, { timeoutMs: 40 }));
    await expect.poll(() => held.length).toBe(3);
    let drained = false;
    const draining = client.drain().then(() => {
      drained = true;
    });
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    expect(await failureOf(client.send(onePlusOne, { waitForReady: true }))).toMatchObject({ code: 'closed' });
    expect(await tooLate).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
    expect(drained).toBe(false);
    held[0]?.connection.result(1, SUM, 2);
    for (const n of [2, 1]) held[1]?.connection.result(2, TICK, { n, last: n === 1 });
    expect(await sum).toBe(2);
    expect((await ticks).map(({ n }) => n)).toEqual([2, 1]);
    await draining;
  });

  it('by drain fails at once what has not been sent', async () => {
    const { client, left, kept } = await busy();
    let drained = false;
    const draining = client.closeAndWait(60_000).then(() => {
      drained = true;
    });
    for (const [name, promise] of Object.entries(kept)) {
      expect(await failureOf(promise), name).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    }
    expect(drained).toBe(false);
    await client.close();
    await draining;
    await Promise.allSettled(Object.values(left));
  });

  it('by drain is cut short by close', async () => {
    const { client, left } = await busy();
    const draining = client.closeAndWait(60_000);
    expect(await timed(() => client.close())).toBeLessThan(1_000);
    await draining;
    expect(await failureOf(left.sent as Promise<unknown>)).toMatchObject({ code: 'closed' });
  });

  it('rejects a limit that is none', async () => {
    const { address } = await peer(answers);
    const client = await sender({ address, ...mode });
    for (const limit of [-1, Number.NaN, Number.POSITIVE_INFINITY, '5', null]) {
      const error = await failureOf(client.closeAndWait(limit as number));
      expect(error).toMatchObject({ code: 'invalid-argument' });
      expect(error.message).toContain(`option 'timeoutMs'`);
    }
    expect(await client.send(onePlusOne)).toBe(2);
  });

  it('leaves no timer of the sends that come afterwards', async () => {
    const { address } = await peer(answers);
    const client = await sender({ address, hooks: () => ({ beforeSend: () => Promise.resolve() }), ...mode });
    const plain = await sender({ address, ...mode });
    await Promise.all([client.close(), plain.close()]);
    const watch = new LeakWatch();
    onEnd(() => watch.stop());
    for (const closed of [client, plain]) {
      expect(await failureOf(closed.send(onePlusOne))).toMatchObject({ code: 'closed', mayHaveExecuted: false });
      expect(await failureOf(closed.send(onePlusOne, { waitForReady: true }))).toMatchObject({ code: 'closed' });
      expect(await failureOf(collect(closed.sendMulti(wait)))).toMatchObject({ code: 'closed' });
      expect(await failureOf(closed.sendMulti(wait, () => undefined))).toMatchObject({ code: 'closed' });
    }
    expect(await watch.whatIsLeft(0)).toEqual([]);
  });
});
