import { describe, expect, it } from 'vitest';
import { failureOf, stage } from '../client/stage.ts';
import { calc, SUM, TICK } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { answers, collect, MODES } from './support.ts';

const { peer, sender, expectWarning } = stage();
const onePlusOne = calc.Add({ a: 1, b: 1 });

describe.each(MODES)('a sender whose requests run %s', (_, mode) => {
  const connected = async (...[script = answers]: Parameters<typeof peer>) => {
    const server = await peer(script);
    return { server, client: await sender({ address: server.address, ...mode }) };
  };

  it('resolves a send with its Result', async () => {
    const { client } = await connected();
    expect(await client.send(calc.Add({ a: 2, b: 3 }))).toBe(5);
    expect(await client.sendWithDeadline(calc.Add({ a: 4, b: 5 }), Date.now() + 5_000)).toBe(9);
  });

  it('tags the Result of a Command that has several Result types', async () => {
    const { client } = await connected();
    expect(await client.send(calc.Find({ key: 'known' }))).toEqual({ type: 'Text', value: 'found' });
    expect(await client.send(calc.Find({ key: 'other' }))).toEqual({ type: 'Missing', value: { key: 'other' } });
  });

  it('hands out several Results in order, by iterator and by handler, with and without deadline', async () => {
    const { client } = await connected();
    const countdown = calc.Countdown({ from: 3 });
    const ticks = [3, 2, 1].map((n) => ({ n, last: n === 1 }));
    expect(await collect(client.sendMulti(countdown))).toEqual(ticks);
    expect(await collect(client.sendMultiWithDeadline(countdown, new Date(Date.now() + 5_000)))).toEqual(ticks);
    const seen: unknown[] = [];
    await client.sendMulti(countdown, (tick) => seen.push(tick));
    await client.sendMultiWithDeadline(countdown, Date.now() + 5_000, (tick) => seen.push(tick));
    expect(seen).toEqual([...ticks, ...ticks]);
  });

  it('sends thousands of Commands at once over four clients and matches every Result', async () => {
    const server = await peer(answers);
    const client = await sender({ address: server.address, clients: 4, ...mode });
    await expect.poll(() => client.status.ready).toBe(4);
    const sums = await Promise.all(Array.from({ length: 3_000 }, (_, a) => client.send(calc.Add({ a, b: 1 }))));
    expect(sums).toEqual(Array.from({ length: 3_000 }, (_, a) => a + 1));
    expect(new Set(server.commands.map(({ connection }) => connection)).size).toBe(4);
  });

  it('rejects with the error that the handler threw', async () => {
    const { client } = await connected();
    const error = await failureOf(client.send(calc.Fail({ message: 'no way' })));
    expect(error).toMatchObject({ code: 'command-failed', mayHaveExecuted: true });
    expect(error.message).toContain('no way');
  });

  it('fails what is pending when the connection is lost, and reconnects', async () => {
    const { server, client } = await connected({ onCommand: ({ connection }) => connection.reset() });
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    await expect.poll(() => client.status.state).toBe('ready');
    expect(server.accepted).toBe(2);
  });

  it('times out when no Result comes, and hands the late one to onUnexpectedResult', async () => {
    const held: PeerCommand[] = [];
    const late: unknown[] = [];
    const server = await peer({ onCommand: (command) => held.push(command) });
    const client = await sender({ address: server.address, onUnexpectedResult: (r) => late.push(r), ...mode });
    const error = await failureOf(client.send(onePlusOne, { timeoutMs: 60 }));
    expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
    await expect.poll(() => held.length).toBe(1);
    held[0]?.connection.result(1, SUM, 2);
    await expect.poll(() => late).toMatchObject([{ seq: 1, clientId: 0, type: 'Sum', value: 2 }]);
  });

  it('gives a second Result of a single send to onUnexpectedResult', async () => {
    const late: unknown[] = [];
    const server = await peer({
      onCommand: ({ seq, connection }) => {
        for (const n of [3, 2, 1]) connection.result(seq, TICK, { n, last: n === 1 });
      },
    });
    const client = await sender({ address: server.address, onUnexpectedResult: (r) => late.push(r), ...mode });
    // @ts-expect-error: it is for sendMulti, which JavaScript is not told.
    expect(await client.send(calc.Countdown({ from: 3 }))).toEqual({ n: 3, last: false });
    await expect.poll(() => late).toMatchObject([{ value: { n: 2 } }, { value: { n: 1 } }]);
  });

  it('takes a callback for unexpected Results that throws for a warning', async () => {
    expectWarning('own mistake');
    const server = await peer({
      onCommand: ({ seq, connection }) => {
        connection.result(seq, SUM, 1);
        connection.result(seq, SUM, 2);
      },
    });
    const onUnexpectedResult = () => {
      throw new Error('own mistake');
    };
    const client = await sender({ address: server.address, onUnexpectedResult, ...mode });
    expect(await client.send(onePlusOne)).toBe(1);
    expect(await client.send(onePlusOne)).toBe(1);
  });
});
