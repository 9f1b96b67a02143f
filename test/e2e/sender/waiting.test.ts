import { describe, expect, it } from 'vitest';
import { deadAddress, failureOf, onePlusOne, sleep, stage } from '../client/stage.ts';
import { calc, SUM } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { answers, collect, MODES } from './support.ts';

const { peer, sender, expectWarning } = stage();
const portOf = (address: string) => Number(address.split(':').at(-1));
const add = (a: number) => calc.Add({ a, b: 0 });

describe.each(MODES)('a send for which no client is ready, requests running %s', (_, mode) => {
  /** A sender whose server is still to come. */
  async function early(options: object = {}) {
    const address = await deadAddress();
    const client = await sender({ address, lazy: true, ...mode, ...options });
    await expect.poll(() => client.status.state).toBe('unavailable');
    return { client, serverComes: () => peer(answers, portOf(address)) };
  }

  it('fails at once, and says why', async () => {
    const { client } = await early();
    for (const failure of [client.send(onePlusOne), collect(client.sendMulti(calc.Countdown({ from: 1 })))]) {
      const error = await failureOf(failure);
      expect(error).toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
      expect(error.message).toMatch(/was not sent: no client is ready \(.*ECONNREFUSED/);
    }
  });

  it('waits where it is told to, by its own options or those of the sender', async () => {
    const one = await early();
    const waiting = [one.client.send(onePlusOne, { waitForReady: true })];
    await one.serverComes();
    expect(await Promise.all(waiting)).toEqual([2]);

    const all = await early({ waitForReady: true });
    expect(await failureOf(all.client.send(onePlusOne, { waitForReady: false }))).toMatchObject({
      code: 'unavailable',
    });
    const sum = all.client.send(onePlusOne);
    const ticks = collect(all.client.sendMulti(calc.Countdown({ from: 2 })));
    await all.serverComes();
    expect(await sum).toBe(2);
    expect((await ticks).map(({ n }) => n)).toEqual([2, 1]);
  });

  it('waits no longer than its deadline, and is not sent after it', async () => {
    const { client, serverComes } = await early({ waitForReady: true });
    const error = await failureOf(client.send(add(1), { timeoutMs: 30 }));
    expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
    expect(error.message).toMatch(/it was not sent: no client is ready \(.*ECONNREFUSED/);
    expect(error).toMatchObject({ command: 'Add', retryable: true, cause: { code: 'unavailable' } });
    const byDate = await failureOf(client.sendWithDeadline(add(2), Date.now() + 30));
    expect(byDate).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
    const server = await serverComes();
    expect(await client.send(add(3))).toBe(3);
    expect(server.commands).toHaveLength(1);
  });

  it('waits no longer than its caller is interested', async () => {
    const { client, serverComes } = await early({ waitForReady: true });
    const controller = new AbortController();
    const cancelled = failureOf(client.send(add(1), { signal: controller.signal }));
    const stream = client.sendMulti(calc.Countdown({ from: 2 }));
    await stream.return?.();
    controller.abort();
    expect(await cancelled).toMatchObject({ code: 'cancelled', mayHaveExecuted: false });
    const server = await serverComes();
    expect(await client.send(add(3))).toBe(3);
    expect(server.commands).toHaveLength(1);
  });

  it('waits in a line: first come, first served', async () => {
    const { client, serverComes } = await early({ waitForReady: true });
    const sums = Array.from({ length: 50 }, (_, n) => client.send(add(n)));
    const server = await serverComes();
    await Promise.all(sums);
    expect(server.commands.map(({ payload }) => (payload as { a: number }).a)).toEqual([...sums.keys()]);
  });

  it('fails with overloaded when too many wait; those who wait go on', async () => {
    const { client, serverComes } = await early({ waitForReady: true, maxWaiting: 2 });
    const sums = [client.send(add(1)), client.send(add(2))];
    const error = await failureOf(client.send(add(3)));
    expect(error).toMatchObject({ code: 'overloaded', mayHaveExecuted: false, cause: { code: 'unavailable' } });
    expect(error.message).toBe(`Add was not sent: 2 sends are waiting (option 'maxWaiting')`);
    await serverComes();
    expect(await Promise.all(sums)).toEqual([1, 2]);
  });

  it('makes room in the line when it leaves', async () => {
    const { client } = await early({ waitForReady: true, maxWaiting: 1 });
    await failureOf(client.send(add(1), { timeoutMs: 10 }));
    const next = failureOf(client.send(add(2), { timeoutMs: 10 }));
    expect(await next).toMatchObject({ code: 'timeout' });
  });

  it('fails with closed when the sender is closed, or drained, meanwhile', async () => {
    for (const end of ['close', 'drain'] as const) {
      const { client } = await early({ waitForReady: true });
      const failed = failureOf(client.send(add(1)));
      await client[end]();
      expect(await failed).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    }
  });

  it('does not wait for a group that has come to its end by itself', async () => {
    const server = await peer(answers);
    const client = await sender({ address: server.address, reconnect: false, waitForReady: true, ...mode });
    let release: (() => void) | undefined;
    const thinking = new Promise<void>((resolve) => {
      release = resolve;
    });
    const prepared = await sender({
      address: server.address,
      reconnect: false,
      hooks: () => ({ beforeSend: () => thinking }),
      ...mode,
    });
    const inHook = failureOf(prepared.send(add(1), { timeoutMs: 60_000 }));
    await server.stop();
    await Promise.all([client.done, prepared.done]);
    expect(await inHook).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    expect(await failureOf(client.send(add(1)))).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    expect(await failureOf(prepared.send(add(1)))).toMatchObject({ code: 'closed', mayHaveExecuted: false });
    release?.();
  });

  it('that waits when the last client gives up fails, with or without deadline', async () => {
    const server = await peer(answers);
    const { address } = server;
    await server.stop();
    const client = await sender({ address, lazy: true, reconnect: false, waitForReady: true, ...mode });
    const waiting = [failureOf(client.send(add(1))), failureOf(client.send(add(2), { timeoutMs: Infinity }))];
    expect(client.status.state).toBe('starting');
    for (const failed of waiting) expect(await failed).toMatchObject({ code: 'closed', mayHaveExecuted: false });
  });
});

describe.each(MODES)('a send for which there is no room, requests running %s', (_, mode) => {
  /** A server that answers when it is told to, and a client that may have two Commands pending. */
  async function narrow(options: object = {}) {
    const held: PeerCommand[] = [];
    const server = await peer({ onCommand: (command) => held.push(command) });
    const client = await sender({ address: server.address, maxInFlightCommands: 2, ...mode, ...options });
    const answerNext = () => {
      const command = held.shift();
      command?.connection.result(command.seq, SUM, (command.payload as { a: number }).a);
    };
    return { server, client, held, answerNext };
  }

  it('fails at once with overloaded', async () => {
    const { client, held, answerNext } = await narrow();
    const sums = [client.send(add(1)), client.send(add(2))];
    const error = await failureOf(client.send(add(3)));
    expect(error).toMatchObject({ code: 'overloaded', mayHaveExecuted: false });
    expect(error.message).toBe(
      `Add was not sent: every ready client has reached 'maxInFlightCommands' or 'maxBufferedBytes'`,
    );
    expect(await failureOf(client.send(add(4), { waitForReady: true }))).toMatchObject({ code: 'overloaded' });
    await expect.poll(() => held.length).toBe(2);
    answerNext();
    answerNext();
    expect(await Promise.all(sums)).toEqual([1, 2]);
  });

  it('waits in a line where the sender says so, and nobody overtakes', async () => {
    const { server, client, held, answerNext } = await narrow({ whenFull: 'wait' });
    const sums = Array.from({ length: 6 }, (_, n) => client.send(add(n)));
    for (let answered = 1; answered <= 4; answered++) {
      await expect.poll(() => held.length).toBeGreaterThan(0);
      answerNext();
      // One that comes late does not get the room that is there for the first in the line.
      sums.push(client.send(add(5 + answered)));
    }
    for (let left = sums.length - 4; left > 0; left--) {
      await expect.poll(() => held.length).toBeGreaterThan(0);
      answerNext();
    }
    expect(await Promise.all(sums)).toEqual([...sums.keys()]);
    expect(server.commands.map(({ payload }) => (payload as { a: number }).a)).toEqual([...sums.keys()]);
  });

  it('comes before a send that a hook makes at the very moment when there is room again', async () => {
    if (mode.inspect !== undefined) expectWarning('Custom actions should not call `assign()` directly');
    const late: Promise<number>[] = [];
    const { server, client, held, answerNext } = await narrow({
      whenFull: 'wait',
      maxInFlightCommands: 1,
      hooks: () => ({
        onResult: () => {
          if (late.length === 0) late.push(client.send(add(9)));
        },
      }),
    });
    const sums = [client.send(add(1)), client.send(add(2))];
    for (let answered = 0; answered < 3; answered++) {
      await expect.poll(() => held.length).toBe(1);
      answerNext();
    }
    expect(await Promise.all([...sums, late[0]])).toEqual([1, 2, 9]);
    expect(server.commands.map(({ payload }) => (payload as { a: number }).a)).toEqual([1, 2, 9]);
  });

  it('is served by the end of any request: a Result, a deadline, a cancellation, a stream that is left', async () => {
    const { client, held, answerNext } = await narrow({ whenFull: 'wait', maxInFlightCommands: 1 });
    const served: number[] = [];
    const waits = (n: number) =>
      client.send(add(n)).then(
        (value) => served.push(value),
        () => served.push(-1),
      );
    const timesOut = failureOf(client.send(add(0), { timeoutMs: 20 }));
    const after = waits(1);
    expect(await timesOut).toMatchObject({ code: 'timeout' });
    await expect.poll(() => held.length).toBe(2);
    held.shift();
    answerNext();
    await after;
    const controller = new AbortController();
    const cancelled = failureOf(client.send(add(0), { signal: controller.signal }));
    const afterCancel = waits(2);
    controller.abort();
    await cancelled;
    await expect.poll(() => held.length).toBe(2);
    held.shift();
    answerNext();
    await afterCancel;
    const stream = client.sendMulti(calc.Countdown({ from: 9 }));
    const afterStream = waits(3);
    await stream.return?.();
    await expect.poll(() => held.length).toBe(2);
    held.shift();
    answerNext();
    await afterStream;
    expect(served).toEqual([1, 2, 3]);
  });

  it('waits no longer than its deadline', async () => {
    const { client } = await narrow({ whenFull: 'wait', maxInFlightCommands: 1 });
    const first = failureOf(client.send(add(1)));
    const error = await failureOf(client.send(add(2), { timeoutMs: 20 }));
    expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
    await client.close();
    expect(await first).toMatchObject({ code: 'closed', mayHaveExecuted: true });
  });

  it('does not keep the line from moving when its Command cannot be encoded', async () => {
    const { client, held, answerNext } = await narrow({ whenFull: 'wait', maxInFlightCommands: 1 });
    const first = client.send(add(1));
    const broken = failureOf(client.send(calc.Add({ a: Symbol('no number') as never, b: 1 })));
    const third = client.send(add(3));
    await expect.poll(() => held.length).toBe(1);
    answerNext();
    expect(await first).toBe(1);
    const error = await broken;
    expect(error).toMatchObject({ code: 'encode-failed', mayHaveExecuted: false });
    expect(error.message).toMatch(/^Add was not sent: /);
    await expect.poll(() => held.length).toBe(1);
    answerNext();
    expect(await third).toBe(3);
    await sleep(0);
  });
});
