import { describe, expect, it } from 'vitest';
import { calc, SUM, TEXT } from '../support/calc.ts';
import type { PeerCommand, ScriptedPeer } from '../support/scripted-peer.ts';
import { failureOf, onePlusOne, soon, stage } from './stage.ts';

const { peer, sender } = stage();
const answer = ({ seq, connection }: PeerCommand) => connection.result(seq, SUM, 2);
const received = (server: ScriptedPeer, count: number) => soon(() => server.commands.length).toBe(count);

describe('maxInFlightCommands', () => {
  it('fails what is one too many, at once, with `overloaded`', async () => {
    const server = await peer();
    const client = await sender({ address: server.address, maxInFlightCommands: 3 });
    const sums = Array.from({ length: 3 }, () => client.send(onePlusOne));
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'overloaded', mayHaveExecuted: false });
    expect(error.message).toContain(`'maxInFlightCommands'`);
    await received(server, 3);
    server.commands.forEach(answer);
    expect(await Promise.all(sums)).toEqual([2, 2, 2]);
    const next = client.send(onePlusOne);
    await received(server, 4);
    server.commands.slice(3).forEach(answer);
    expect(await next).toBe(2);
  });

  it('is of each client: another that has room takes the Command', async () => {
    const server = await peer();
    const client = await sender({
      address: server.address,
      clients: 3,
      maxInFlightCommands: 2,
      dispatch: { pick: ([first]) => first as never },
    });
    await soon(() => client.status.state).toBe('ready');
    const sums = Array.from({ length: 6 }, () => client.send(onePlusOne));
    expect((await failureOf(client.send(onePlusOne))).code).toBe('overloaded');
    await received(server, 6);
    server.commands.forEach(answer);
    expect(await Promise.all(sums)).toEqual([2, 2, 2, 2, 2, 2]);
  });

  it('has others wait for room, first come, first served, where `whenFull` says so', async () => {
    const server = await peer();
    const client = await sender({ address: server.address, maxInFlightCommands: 2, whenFull: 'wait' });
    const sums = [1, 2, 3, 4, 5, 6].map((a) => client.send(calc.Add({ a, b: 0 })));
    for (let answered = 0; answered < 6; answered++) {
      await soon(() => server.commands.length).toBeGreaterThan(answered);
      expect(server.commands.length).toBeLessThanOrEqual(answered + 2);
      answer(server.commands[answered] as PeerCommand);
      await sums[answered];
    }
    expect(server.commands.map(({ payload }) => (payload as { a: number }).a)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('makes room for one that waits when another times out or is cancelled', async () => {
    const server = await peer();
    const client = await sender({ address: server.address, maxInFlightCommands: 2, whenFull: 'wait' });
    const controller = new AbortController();
    const cancelled = failureOf(client.send(onePlusOne, { signal: controller.signal }));
    const late = failureOf(client.send(onePlusOne, { timeoutMs: 300 }));
    const waiting = [client.send(onePlusOne), client.send(onePlusOne)];
    await soon(() => server.commands.length).toBeGreaterThanOrEqual(2);
    controller.abort();
    await cancelled;
    await soon(() => server.commands.length).toBeGreaterThanOrEqual(3);
    await late;
    await received(server, 4);
    server.commands.slice(2).forEach(answer);
    expect(await Promise.all(waiting)).toEqual([2, 2]);
  });

  it('has no more wait than `maxWaiting`, and each no longer than its deadline', async () => {
    const server = await peer();
    const client = await sender({ address: server.address, maxInFlightCommands: 1, maxWaiting: 2, whenFull: 'wait' });
    const pending = failureOf(client.send(onePlusOne));
    const waiting = [1, 2].map(() => failureOf(client.send(onePlusOne, { timeoutMs: 40 })));
    const error = await failureOf(client.send(onePlusOne));
    expect(error).toMatchObject({ code: 'overloaded', mayHaveExecuted: false });
    expect(error.message).toContain(`'maxWaiting'`);
    for (const late of await Promise.all(waiting))
      expect(late).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
    await client.close();
    expect((await pending).code).toBe('closed');
    expect(server.commands).toHaveLength(1);
  });

  it('lets those who wait for room wait for the connection as well, or fail with it', async () => {
    const server = await peer();
    const client = await sender({ address: server.address, maxInFlightCommands: 1, whenFull: 'wait' });
    const pending = failureOf(client.send(onePlusOne));
    const waiting = client.send(onePlusOne);
    await received(server, 1);
    server.connections[0]?.reset();
    expect((await pending).code).toBe('connection-lost');
    await received(server, 2);
    answer(server.commands[1] as PeerCommand);
    expect(await waiting).toBe(2);
  });
});

describe('maxBufferedBytes', () => {
  const text = 'x'.repeat(10_000);
  const maxBufferedBytes = 100_000;

  /** Sends more within one turn than the bound, and what the kernel takes in place of a peer who does not read yet. */
  async function flood(whenFull: 'fail' | 'wait') {
    const server = await peer({ onCommand: ({ seq, connection, payload }) => connection.result(seq, TEXT, payload) });
    const client = await sender({
      address: server.address,
      maxBufferedBytes,
      maxWaitingBytes: 64 * 1024 * 1024,
      whenFull,
    });
    const sent = Array.from({ length: 3_000 }, () => client.send(calc.Echo(text)));
    return { server, client, sent };
  }

  it('fails what comes beyond it, at once, with `overloaded`', async () => {
    const { client, sent } = await flood('fail');
    const error = await failureOf(sent.at(-1) as Promise<unknown>);
    expect(error).toMatchObject({ code: 'overloaded', mayHaveExecuted: false });
    expect(error.message).toContain(`'maxBufferedBytes'`);
    const outcomes = await Promise.allSettled(sent);
    const failed = outcomes.findIndex(({ status }) => status === 'rejected');
    expect(failed).toBeGreaterThanOrEqual(maxBufferedBytes / text.length);
    for (const [index, outcome] of outcomes.entries()) {
      if (index < failed) expect(outcome).toEqual({ status: 'fulfilled', value: text });
      else expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'overloaded' } });
    }
    expect(await client.send(calc.Echo(text))).toBe(text);
  });

  it('has it wait until there is room, where `whenFull` says so', async () => {
    const { server, sent } = await flood('wait');
    expect(await Promise.all(sent)).toEqual(sent.map(() => text));
    expect(server.commands.map(({ seq }) => seq)).toEqual(sent.map((_, index) => index + 1));
  });

  it('is not passed while the peer does not read, and work goes on when it does again', async () => {
    const server = await peer({
      onConnection: ({ socket }) => socket.pause(),
      onCommand: ({ seq, connection }) => connection.result(seq, TEXT, 'ok'),
    });
    const client = await sender({ address: server.address, maxBufferedBytes, whenFull: 'wait', keepalive: false });
    const large = calc.Echo('x'.repeat(50_000));
    const sent = Array.from({ length: 400 }, () => client.send(large));
    await soon(() => client.group.has(10, 0)).toBe(true);
    server.connections[0]?.socket.resume();
    expect(await Promise.all(sent)).toEqual(sent.map(() => 'ok'));
  });
});
