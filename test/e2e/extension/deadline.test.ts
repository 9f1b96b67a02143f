import type { ResultReceiver } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import { headIn } from '../../support/heads.ts';
import { failureOf, soon } from '../client/stage.ts';
import { gate, RawClient } from '../server/raw-client.ts';
import type { ScriptedPeer } from '../support/scripted-peer.ts';
import { CHECKED, ECHO, over, PUSH, ROWS, slowly, WAIT, WAYS, work, workStage } from './support.ts';

const { onEnd, peer, workSender, working } = workStage();

const HOUR_MS = 3_600_000;

async function greeted(port: number, hello: object = {}): Promise<RawClient> {
  const client = await RawClient.open(port);
  onEnd(() => client[Symbol.asyncDispose]());
  await client.greet(hello);
  return client;
}

describe.each(WAYS)('context.deadline over %s', (way) => {
  it.each<[string, number | undefined, number | undefined]>([
    ['the time of the sender', HOUR_MS, undefined],
    ['the time of the send', 5_000, 2 * HOUR_MS],
    ['the time of the send, of a sender without one', Number.POSITIVE_INFINITY, HOUR_MS],
    ['none', HOUR_MS, Number.POSITIVE_INFINITY],
    ['none of the sender either', Number.POSITIVE_INFINITY, undefined],
  ])('is %s', async (_what, senderMs, sendMs) => {
    const { server, sender } = await over(way);
    const { address, contexts } = await working(server);
    const client = await workSender({ address, timeoutMs: senderMs, ...sender });
    const sentMs = Date.now();
    await client.send(work.Echo('a'), { timeoutMs: sendMs });
    const { deadline = 0, receivedAt = 0 } = contexts.a ?? {};
    const timeMs = sendMs ?? senderMs ?? 0;
    // Counted from the call on where it goes along, else from the arrival on.
    expect(deadline).toBeGreaterThanOrEqual(sentMs + timeMs - 5);
    expect(deadline).toBeLessThanOrEqual(receivedAt + timeMs + 1);
  });

  it('is that of sendMulti, of an absolute time, and of whatever is the earlier', async () => {
    const { server, sender } = await over(way);
    const { address, contexts } = await working(server);
    const client = await workSender({ address, ...sender });
    for await (const _ of client.sendMulti(work.Rows('a'))) break;
    expect(contexts.a?.deadline).toBe(Number.POSITIVE_INFINITY);
    const at = Date.now() + HOUR_MS;
    await client.sendWithDeadline(work.Echo('b'), at);
    expect(Math.abs((contexts.b?.deadline ?? 0) - at)).toBeLessThan(HOUR_MS / 2);
    await client.sendWithDeadline(work.Echo('c'), at, { timeoutMs: HOUR_MS / 3 });
    expect(contexts.c?.deadline).toBeLessThan(at - HOUR_MS / 3);
  });

  it('is that of a send through the group, which has none by default', async () => {
    const { server, sender } = await over(way);
    const { address, contexts } = await working(server);
    const client = await workSender({ address, timeoutMs: 5_000, ...sender });
    const at = Date.now() + HOUR_MS;
    const answered = (send: (receiver: ResultReceiver) => void) =>
      new Promise<void>((resolve, reject) => send({ result: () => resolve(), failed: reject }));
    await answered((receiver) => client.group.send(work.Echo('d'), receiver));
    await answered((receiver) => client.group.sendWithDeadline(work.Echo('e'), at, receiver));
    expect(contexts.d?.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(Math.abs((contexts.e?.deadline ?? 0) - at)).toBeLessThan(HOUR_MS / 2);
  });
});

describe('a server, of a Command whose time is over', () => {
  it('that was over when it came executes nothing, and says so', async () => {
    const { server, log, done } = await working();
    const client = await greeted(server.port);
    client.head(2, { leftMs: 0 });
    expect(await client.ask(2, ECHO, 'a')).toMatchObject({
      value: {
        code: 'timeout',
        message: 'its time was over before the server came to it: it was not executed',
      },
    });
    expect(await client.ask(3, ECHO, 'b')).toMatchObject({ value: 'b' });
    expect([log, done, client.told]).toEqual([['Echo b'], ['Echo 2 timeout', 'Echo 3 success'], []]);
  });

  it('is over while it waits for its place executes nothing either', async () => {
    const { server, log, through, done } = await working({ maxInFlightCommands: 1 });
    const client = await greeted(server.port);
    client.send(2, WAIT, 'a');
    client.head(3, { leftMs: 20 });
    client.send(3, ECHO, 'b');
    client.head(4, { leftMs: HOUR_MS });
    client.send(4, ECHO, 'c');
    await client.settled();
    const heldMs = performance.now();
    await soon(() => performance.now() - heldMs).toBeGreaterThan(25);
    client.control(2, 'cancel');
    through.open();
    expect(await client.first(4)).toMatchObject({ value: 'c' });
    expect(client.valuesOf(3)).toMatchObject([{ code: 'timeout' }]);
    expect(log).toEqual(['Wait a', 'Wait a cancelled', 'Wait a through', 'Echo c']);
    expect(done.slice(1)).toEqual(['Echo 3 timeout', 'Echo 4 success']);
  });

  it.each([
    ['in its head', {}, 30],
    ['as its client has said in its hello', { timeoutMs: 30 }, undefined],
  ])('fires its signal at the time %s, and sends ENDED once it is through', async (_what, hello, leftMs) => {
    const { server, log, through, done } = await working();
    const client = await greeted(server.port, hello);
    if (leftMs !== undefined) client.head(2, { leftMs });
    client.send(2, WAIT, 'a');
    await soon(() => log).toEqual(['Wait a', 'Wait a timeout']);
    await client.settled();
    expect([client.told, done]).toEqual([[], ['Wait 2 timeout']]);
    through.open();
    await client.until(() => client.told.length > 0);
    await client.settled();
    expect([client.told, client.valuesOf(2)]).toEqual([['ended 2'], []]);
  });

  it.each([
    ['a stream', ROWS, 'Rows'],
    ['a proxy', PUSH, 'Push'],
  ] as const)('ends %s', async (_what, type, name) => {
    const { server, log } = await working();
    const client = await greeted(server.port);
    client.head(2, { leftMs: 150 });
    client.send(2, type, 'a');
    await client.until(() => client.told.length > 0);
    expect(log.slice(0, 2)).toEqual([`${name} a`, `${name} a timeout`]);
    const count = client.valuesOf(2).length;
    await client.settled();
    expect([client.told, client.valuesOf(2).length]).toEqual([['ended 2'], count]);
  });

  it('has no handler called whose payload was being checked meanwhile', async () => {
    const { server, log, done } = await working();
    const client = await greeted(server.port);
    slowly.gate = gate();
    client.head(2, { leftMs: 20 });
    client.send(2, CHECKED, 'a');
    await soon(() => done).toEqual(['Checked 2 timeout']);
    slowly.gate.open();
    await client.until(() => client.told.length > 0);
    expect([log, client.told, client.valuesOf(2)]).toEqual([[], ['ended 2'], []]);
  });

  it('frees its place', async () => {
    const { server, through } = await working({ maxInFlightCommands: 1 });
    const client = await greeted(server.port, { timeoutMs: 20 });
    through.open();
    for (let seq = 2; seq < 12; seq++) {
      client.send(seq, WAIT, `${seq}`);
      await client.until(() => client.told.includes(`ended ${seq}`));
    }
    client.head(12, { leftMs: HOUR_MS });
    expect(await client.ask(12, ECHO, 'a')).toMatchObject({ value: 'a' });
  });

  it('lets one without an end go on, whatever the hello says', async () => {
    const { server, log, through } = await working();
    const client = await greeted(server.port, { timeoutMs: 20 });
    client.head(2, { leftMs: Number.POSITIVE_INFINITY });
    client.send(2, WAIT, 'a');
    client.send(3, WAIT, 'b');
    await soon(() => log).toContain('Wait b timeout');
    expect(log).not.toContain('Wait a timeout');
    through.open();
    client.control(2, 'cancel');
    await client.until(() => client.told.includes('ended 2'));
  });

  it('counts a head for the Command of its number only', async () => {
    const { server, contexts } = await working();
    const client = await greeted(server.port);
    client.head(7, { leftMs: HOUR_MS, metadata: { a: '1' } });
    await client.ask(2, ECHO, 'a');
    client.head(3, { leftMs: HOUR_MS, metadata: { a: '2' } });
    await client.ask(3, ECHO, 'b');
    await client.ask(4, ECHO, 'c');
    expect(contexts.a?.deadline).toBe(Number.POSITIVE_INFINITY);
    expect(contexts.b?.deadline).toBeGreaterThan(Date.now() + HOUR_MS / 2);
    expect(contexts.c?.deadline).toBe(Number.POSITIVE_INFINITY);
    expect([contexts.a, contexts.b, contexts.c].map((context) => ({ ...context?.metadata }))).toEqual([
      {},
      { a: '2' },
      {},
    ]);
  });
});

describe('a sender', () => {
  const x1 = { serverInfo: 'default;x1', welcome: {} };
  const heads = (from: ScriptedPeer) =>
    from.controls
      .filter(({ type }) => type === RESERVED_TYPES.head)
      .map(({ seq, body }) => ({ seq, leftMs: headIn(body).leftMs ?? 0 }));

  it('sends a head only where the time is another than its hello says', async () => {
    const server = await peer({
      ...x1,
      onCommand: ({ seq, payload, connection }) => connection.result(seq, 0, payload),
    });
    const client = await workSender({ address: server.address, timeoutMs: HOUR_MS });
    await client.send(work.Echo('a'));
    await client.send(work.Echo('b'), { timeoutMs: HOUR_MS });
    await client.send(work.Echo('c'), { waitForReady: true, metadata: {} });
    expect(heads(server)).toEqual([]);
    await client.send(work.Echo('d'), { timeoutMs: 2 * HOUR_MS });
    await client.send(work.Echo('e'), { timeoutMs: Number.POSITIVE_INFINITY });
    const [other, none, ...more] = heads(server);
    expect(other?.leftMs).toBeGreaterThan(HOUR_MS);
    expect(other?.leftMs).toBeLessThanOrEqual(2 * HOUR_MS);
    expect([other?.seq, none, more]).toEqual([4, { seq: 5, leftMs: Number.POSITIVE_INFINITY }, []]);
  });

  it('says how much is left where a Command had to wait', async () => {
    const server = await peer({
      ...x1,
      onCommand: ({ seq, payload, connection }) => payload !== 'a' && connection.result(seq, 0, payload),
    });
    const client = await workSender({
      address: server.address,
      timeoutMs: HOUR_MS,
      maxInFlightCommands: 1,
      whenFull: 'wait',
    });
    const controller = new AbortController();
    const first = failureOf(client.send(work.Echo('a'), { signal: controller.signal }));
    const waits = client.send(work.Echo('b'));
    const sinceMs = performance.now();
    await soon(() => performance.now() - sinceMs).toBeGreaterThan(30);
    controller.abort();
    await first;
    expect(await waits).toBe('b');
    const [head, ...more] = heads(server);
    expect(more).toEqual([]);
    expect(head?.leftMs).toBeLessThanOrEqual(HOUR_MS - 29);
  });

  it('fails by what a server says that has not executed its Command in time', async () => {
    const server = await peer({
      ...x1,
      onCommand: ({ seq, connection }) => connection.result(seq, 16_383, { code: 'timeout', message: 'too late' }),
    });
    const client = await workSender({ address: server.address });
    const failure = await failureOf(client.send(work.Echo('a')));
    expect(failure).toMatchObject({ code: 'timeout', mayHaveExecuted: false, retryable: true });
    expect(failure.message).toBe(`Echo at ${server.address}: too late`);
  });

  it('cancels what it has sent and given up, once, and nothing else', async () => {
    const server = await peer({
      ...x1,
      onCommand: ({ seq, payload, connection }) => payload === 'answered' && connection.result(seq, 0, payload),
    });
    const client = await workSender({ address: server.address, timeoutMs: HOUR_MS });
    const controller = new AbortController();
    const { signal } = controller;
    await client.send(work.Echo('answered'), { signal });
    const given = [
      failureOf(client.send(work.Echo('cancelled'), { signal })),
      failureOf(client.send(work.Echo('late'), { timeoutMs: 20 })),
    ];
    const stream = client.sendMulti(work.Rows('left'))[Symbol.asyncIterator]();
    const next = stream.next().catch(() => undefined);
    const ticket = client.group.send(work.Echo('forgotten'), { result: () => {}, failed: () => {} });
    await soon(() => server.commands.length).toBe(5);
    controller.abort();
    await Promise.all(given);
    await stream.return?.(undefined as never);
    await next;
    client.group.forget(ticket.seq, ticket.clientId);
    await failureOf(client.send(work.Echo('never sent'), { signal }));
    const cancelled = () =>
      server.controls
        .filter(({ type }) => type === RESERVED_TYPES.cancel)
        .map(({ seq }) => server.commands.find((command) => command.seq === seq)?.payload);
    await soon(() => cancelled().length).toBe(4);
    await failureOf(client.send(work.Echo('last'), { timeoutMs: 1 }));
    await soon(() => cancelled()).toEqual(expect.arrayContaining(['cancelled', 'late', 'left', 'forgotten', 'last']));
    expect(cancelled()).toHaveLength(5);
  });

  it.each([
    ['ends as it should', 1],
    ['never ends', 2],
  ])('asks for another connection only where what it gave up %s', async (_what, connections) => {
    const isEnded = connections === 1;
    const server = await peer({
      ...x1,
      onCommand: ({ seq, type, payload, connection }) =>
        connection.result(seq, type === ROWS ? 1 : 0, type === ROWS ? { n: 0, last: false } : payload),
      onControl: ({ seq, type, connection }) => {
        if (type !== RESERVED_TYPES.cancel) return;
        // What was on its way is no sign of anything.
        connection.result(seq, 1, { n: 1, last: false });
        if (isEnded) connection.control(seq, 'ended');
      },
    });
    const unexpected: unknown[] = [];
    const client = await workSender({ address: server.address, onUnexpectedResult: ({ seq }) => unexpected.push(seq) });
    for (let left = 0; left < 20; left++) {
      for await (const _ of client.sendMulti(work.Rows('a'))) break;
      expect(await client.send(work.Echo('b'))).toBe('b');
    }
    await soon(() => unexpected.length).toBe(20);
    if (!isEnded) await soon(() => server.accepted).toBe(2);
    expect(await client.send(work.Echo('b'))).toBe('b');
    expect(server.accepted).toBe(connections);
  });
});
