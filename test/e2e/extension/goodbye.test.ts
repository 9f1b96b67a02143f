import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { readGoodbye } from '../../../src/wire/extension/goodbye.ts';
import { failureOf, soon } from '../client/stage.ts';
import { RawClient } from '../server/raw-client.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { ECHO, over, WAIT, WAYS, work, workStage } from './support.ts';

const { onEnd, peer, workSender, working } = workStage();

const HOUR_MS = 3_600_000;

/** A client of bytes, that has said hello or not. */
async function raw(port: number, isGreeted = true): Promise<RawClient> {
  const client = await RawClient.open(port);
  onEnd(() => client[Symbol.asyncDispose]());
  if (isGreeted) await client.greet();
  return client;
}

/** The number that a client was told by GOODBYE. */
const lastOf = (client: RawClient) =>
  client.controls.filter(({ name }) => name === 'goodbye').map(({ body }) => readGoodbye(body).lastSeq);

describe.each(WAYS)('a server that shuts down, over %s', (way) => {
  /** Two servers of one Command at a time, the first of which has one under way and others waiting. */
  async function two() {
    const { server, sender } = await over(way);
    const [first, second] = [
      await working({ maxInFlightCommands: 1, ...server }),
      await working({ maxInFlightCommands: 1, ...server }),
    ];
    const unexpected: string[] = [];
    const client = await workSender({
      address: [first.address, second.address],
      random: () => 0,
      onUnexpectedResult: ({ type }) => unexpected.push(type),
      timeoutMs: HOUR_MS,
      ...sender,
    });
    return { first, second, client, unexpected };
  }

  it('finishes what it has begun, and has all else executed by another one, once', async () => {
    const { first, second, client, unexpected } = await two();
    const controller = new AbortController();
    const running = failureOf(client.send(work.Wait('begun'), { signal: controller.signal }));
    await soon(() => first.log.length + second.log.length).toBe(1);
    const [leaving, other] = first.log.length === 1 ? [first, second] : [second, first];
    const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
    const given = texts.map((text) => client.send(work.Echo(text), { metadata: { text } }));
    // They are there, undecoded.
    const stream = client.sendMulti(work.Rows('stream'), { resultsCount: 3 });
    await sleep(20);
    const over = leaving.server.shutdown({ timeoutMs: HOUR_MS });
    expect(await Promise.all(given)).toEqual(texts);
    const rows: number[] = [];
    for await (const { n } of stream) rows.push(n);
    expect(rows).toEqual([0, 1, 2]);
    expect(leaving.log).toEqual(['Wait begun']);
    await soon(() => other.log.at(-1)).toBe('Rows stream through');
    expect(other.log.filter((line) => line.startsWith('Echo'))).toEqual(texts.map((text) => `Echo ${text}`));
    // With all that went along the first time.
    for (const text of texts) {
      expect({ ...other.contexts[text]?.metadata }).toEqual({ text });
      expect(other.contexts[text]?.deadline).toBeLessThanOrEqual((other.contexts[text]?.receivedAt ?? 0) + HOUR_MS + 1);
    }
    controller.abort();
    leaving.through.open();
    await running;
    await over;
    // Of the stream, what was on its way when it had enough.
    expect(unexpected.filter((type) => type !== 'Row')).toEqual([]);
  });

  it('answers what it has begun', async () => {
    const { server, sender } = await over(way);
    const { address, server: leaving, log } = await working(server);
    const client = await workSender({ address, ...sender });
    const rows: number[] = [];
    const stream = client.sendMulti(work.Rows('a'), { resultsCount: 50 });
    let isOver: Promise<void> | undefined;
    for await (const { n } of stream) {
      rows.push(n);
      if (n === 3) isOver = leaving.shutdown({ timeoutMs: HOUR_MS });
    }
    expect(rows).toEqual(Array.from({ length: 50 }, (_, n) => n));
    await isOver;
    // A client with nothing left there closes the connection.
    await soon(() => log.at(-1)).toBe('Rows a through');
  });
});

describe('a server that shuts down', () => {
  it('says by GOODBYE what it has taken, and sends no error for what comes above', async () => {
    const { server, log, through, done } = await working();
    const client = await raw(server.port);
    await client.ask(2, ECHO, 'a');
    client.send(5, WAIT, 'b');
    await client.settled();
    const over = server.shutdown({ timeoutMs: HOUR_MS });
    await client.until(() => lastOf(client).length === 1);
    expect(lastOf(client)).toEqual([5]);
    client.send(6, ECHO, 'c');
    await client.settled();
    client.control(5, 'cancel');
    through.open();
    await over;
    await client.closed;
    expect([log.filter((line) => line.startsWith('Echo')), client.valuesOf(6)]).toEqual([['Echo a'], []]);
    expect(done).toEqual(['Echo 2 success', 'Echo 6 closed', 'Wait 5 cancelled']);
  });

  it('says 0 where it has taken none', async () => {
    const { server } = await working();
    const client = await raw(server.port);
    await server.shutdown();
    await client.closed;
    expect(lastOf(client)).toEqual([0]);
  });

  it('leaves out what waits for its place', async () => {
    const { server, log, through, done } = await working({ maxInFlightCommands: 1 });
    const client = await raw(server.port);
    client.send(2, WAIT, 'a');
    client.send(3, ECHO, 'b');
    client.send(4, ECHO, 'c');
    await client.settled();
    const over = server.shutdown({ timeoutMs: HOUR_MS });
    await client.until(() => lastOf(client).length === 1);
    expect(lastOf(client)).toEqual([2]);
    client.control(2, 'cancel');
    through.open();
    await over;
    await client.closed;
    expect(log).toEqual(['Wait a', 'Wait a cancelled', 'Wait a through']);
    expect(done.toSorted()).toEqual(['Echo 3 closed', 'Echo 4 closed', 'Wait 2 cancelled']);
    expect([...client.valuesOf(3), ...client.valuesOf(4)]).toEqual([]);
  });

  it('answers one that has not said hello by an error', async () => {
    const { server, through } = await working();
    const client = await raw(server.port, false);
    client.send(2, WAIT, 'a');
    await client.settled();
    const over = server.shutdown({ timeoutMs: HOUR_MS });
    client.send(3, ECHO, 'b');
    expect(await client.first(3)).toMatchObject({ value: { code: 'closed' } });
    expect(client.controls).toEqual([]);
    client.socket.destroy();
    through.open();
    await over;
  });

  it('tells one that says hello meanwhile', async () => {
    const { server, through } = await working();
    const client = await raw(server.port, false);
    client.send(2, WAIT, 'a');
    await client.settled();
    const over = server.shutdown({ timeoutMs: HOUR_MS });
    expect(await client.greet()).toMatchObject({ refused: undefined });
    await client.until(() => lastOf(client).length === 1);
    expect(lastOf(client)).toEqual([2]);
    client.socket.destroy();
    through.open();
    await over;
  });

  it('does not wait until a greeted client is quiet: it knows', async () => {
    let stoppedMs: number | undefined;
    const clock = { ...systemClock, monotonicMs: () => stoppedMs ?? systemClock.monotonicMs() };
    const { server } = await working({ clock });
    const client = await raw(server.port);
    await client.ask(2, ECHO, 'a');
    // By this clock nobody is ever quiet for long enough.
    stoppedMs = systemClock.monotonicMs();
    await server.shutdown({ timeoutMs: HOUR_MS });
    await client.closed;
    expect(lastOf(client)).toEqual([2]);
  });
});

describe('a client of a server that says goodbye', () => {
  const x1 = { serverInfo: 'default;x1', welcome: {} };

  it('sends it nothing more, and says of the rest that it was not executed, where there is no other one', async () => {
    const { address, server, log, through } = await working({ maxInFlightCommands: 1 });
    const client = await workSender({ address });
    const controller = new AbortController();
    const running = failureOf(client.send(work.Wait('a'), { signal: controller.signal }));
    const held = failureOf(client.send(work.Echo('b')));
    await soon(() => log).toEqual(['Wait a']);
    const over = server.shutdown({ timeoutMs: HOUR_MS });
    expect(await held).toMatchObject({
      code: 'closed',
      mayHaveExecuted: false,
      retryable: true,
      command: 'Echo',
      address,
    });
    expect((await held).message).toBe(`Echo: ${address} has said goodbye, and has not executed it`);
    expect(await failureOf(client.send(work.Echo('c')))).toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
    controller.abort();
    through.open();
    await running;
    await over;
    // A client with nothing left there closes the connection, which may come to the same.
    expect(log).toEqual(['Wait a', expect.stringMatching(/^Wait a (cancelled|closed)$/), 'Wait a through']);
  });

  /** Two servers, of which the one that gets the first Command says goodbye as it is told to. */
  async function leavingAndOther(leave: (command: PeerCommand) => void) {
    let leaving: string | undefined;
    const elsewhere: unknown[] = [];
    const start = async (name: string) =>
      peer({
        ...x1,
        onCommand: (given) => {
          leaving ??= name;
          if (leaving === name) {
            leave(given);
            return;
          }
          elsewhere.push(given.payload);
          given.connection.result(given.seq, 0, `elsewhere ${given.payload}`);
        },
      });
    const servers = [await start('first'), await start('second')];
    // Its home is down for so long, and it does not go there again: this one listens on, as no server would.
    const reconnect = { initialMs: 10, maxMs: 60_000 };
    const client = await workSender({ address: servers.map(({ address }) => address), waitForReady: true, reconnect });
    return { client, elsewhere };
  }

  it('has what the server has taken answered, and what is above its number executed elsewhere', async () => {
    const { client, elsewhere } = await leavingAndOther(({ seq, connection }) => {
      if (seq !== 4) return;
      connection.control(1, 'goodbye', Buffer.of(2));
      for (const taken of [1, 2]) connection.result(taken, 0, `answered ${taken}`);
    });
    const given = ['a', 'b', 'c', 'd'].map((text) => client.send(work.Echo(text)));
    expect(await Promise.all(given)).toEqual(['answered 1', 'answered 2', 'elsewhere c', 'elsewhere d']);
    expect(await client.send(work.Echo('e'))).toBe('elsewhere e');
    expect(elsewhere).toEqual(['c', 'd', 'e']);
  });

  it('hears a second goodbye, and one of all that there is, without harm', async () => {
    const { client, elsewhere } = await leavingAndOther(({ seq, payload, connection }) => {
      connection.control(1, 'goodbye', Buffer.of(100));
      connection.control(1, 'goodbye', Buffer.of(100));
      connection.result(seq, 0, payload);
    });
    expect(await client.send(work.Echo('a'))).toBe('a');
    expect(await client.send(work.Echo('b'))).toBe('elsewhere b');
    expect(elsewhere).toEqual(['b']);
  });
});
