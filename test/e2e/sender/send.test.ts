import { CmdStreamError, createSender, type SenderOptions } from 'cmd-stream';
import { afterEach, describe, expect, it } from 'vitest';
import type { AnyActorRef } from 'xstate';
import { calc, ERROR, MISSING, SUM, TEXT, TICK } from '../support/calc.ts';
import { type PeerCommand, type PeerScript, ScriptedPeer } from '../support/scripted-peer.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function pair(script: PeerScript, options: Partial<SenderOptions> = {}) {
  const peer = await ScriptedPeer.listen(script);
  cleanups.push(() => peer.stop());
  const sender = await createSender(calc, { address: peer.address, ...options });
  cleanups.push(() => sender.close());
  return { peer, sender };
}

/** Answers like a small calculator. */
function answer({ seq, type, payload, connection }: PeerCommand): void {
  const { a, b, from, key, message } = payload as { a: number; b: number; from: number; key: string; message: string };
  if (type === 0) connection.result(seq, SUM, a + b);
  if (type === 1) for (let n = from; n > 0; n--) connection.result(seq, TICK, { n, last: n === 1 });
  if (type === 2) connection.result(seq, TEXT, payload);
  if (type === 3 && key === 'known') connection.result(seq, TEXT, 'found');
  if (type === 3 && key !== 'known') connection.result(seq, MISSING, { key });
  if (type === 4) connection.result(seq, ERROR, { code: 'command-failed', message });
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: CmdStreamError) => error,
  );

describe('a sender', () => {
  it('resolves a send with its Result', async () => {
    const { sender } = await pair({ onCommand: answer });
    expect(await sender.send(calc.Add({ a: 2, b: 3 }))).toBe(5);
    expect(await sender.sendWithDeadline(calc.Add({ a: 4, b: 5 }), Date.now() + 1000)).toBe(9);
  });

  it('tags the Result of a Command that has several Result types', async () => {
    const { sender } = await pair({ onCommand: answer });
    expect(await sender.send(calc.Find({ key: 'known' }))).toEqual({ type: 'Text', value: 'found' });
    expect(await sender.send(calc.Find({ key: 'other' }))).toEqual({ type: 'Missing', value: { key: 'other' } });
  });

  it('hands out the Results of a stream in order, by iterator and by handler', async () => {
    const { sender } = await pair({ onCommand: answer });
    const seen: number[] = [];
    for await (const { n } of sender.sendMulti(calc.Countdown({ from: 3 }))) seen.push(n);
    expect(seen).toEqual([3, 2, 1]);
    await sender.sendMulti(calc.Countdown({ from: 2 }), ({ n }) => void seen.push(n));
    expect(seen).toEqual([3, 2, 1, 2, 1]);
  });

  it('sends ten thousand Commands at once over four clients and matches every Result', async () => {
    const { sender } = await pair({ onCommand: answer }, { clients: 4 });
    const sums = await Promise.all(Array.from({ length: 10_000 }, (_, a) => sender.send(calc.Add({ a, b: 1 }))));
    expect(sums).toEqual(Array.from({ length: 10_000 }, (_, a) => a + 1));
  });

  it('times out when no Result comes, and hands the late one to onUnexpectedResult', async () => {
    const late: unknown[] = [];
    const held: PeerCommand[] = [];
    const { sender } = await pair(
      { onCommand: (command) => held.push(command) },
      { onUnexpectedResult: (result) => late.push(result) },
    );
    const error = await failure(sender.send(calc.Add({ a: 1, b: 1 }), { timeoutMs: 30 }));
    expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
    held[0]?.connection.result(1, SUM, 2);
    await expect.poll(() => late).toMatchObject([{ seq: 1, clientId: 0, type: 'Sum', value: 2 }]);
  });

  it('cancels by signal, before anything is sent or while waiting', async () => {
    const { sender, peer } = await pair({});
    const aborted = await failure(sender.send(calc.Add({ a: 1, b: 1 }), { signal: AbortSignal.abort() }));
    expect(aborted).toMatchObject({ code: 'cancelled', mayHaveExecuted: false });
    const controller = new AbortController();
    const waiting = failure(sender.send(calc.Add({ a: 1, b: 1 }), { signal: controller.signal }));
    await expect.poll(() => peer.commands.length).toBe(1);
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'cancelled', mayHaveExecuted: true });
  });

  it('rejects with the error that the handler threw', async () => {
    const { sender } = await pair({ onCommand: answer });
    const error = await failure(sender.send(calc.Fail({ message: 'no way' })));
    expect(error).toBeInstanceOf(CmdStreamError);
    expect(error).toMatchObject({ code: 'command-failed', mayHaveExecuted: true });
    expect(error?.message).toContain('no way');
  });

  it('fails what is pending when the connection is lost, and reconnects', async () => {
    const { sender, peer } = await pair({ onCommand: (command) => command.type === 0 && command.connection.reset() });
    const error = await failure(sender.send(calc.Add({ a: 1, b: 1 })));
    expect(error).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    await expect.poll(() => sender.status.state, { timeout: 3000 }).toBe('ready');
    expect(peer.accepted).toBe(2);
  });

  it('refuses a server with another ServerInfo, and does not try again', async () => {
    const peer = await ScriptedPeer.listen({ serverInfo: 'other' });
    cleanups.push(() => peer.stop());
    const error = await failure(createSender(calc, { address: peer.address }));
    expect(error).toMatchObject({ code: 'server-info-mismatch' });
    expect(peer.accepted).toBe(1);
  });

  it('fails at once while no client is ready, or waits where it is told to', async () => {
    const { sender, peer } = await pair({ onCommand: answer }, { reconnect: { initialMs: 10, maxMs: 20 } });
    const { port } = peer;
    await peer.stop();
    await expect.poll(() => sender.status.state).toBe('unavailable');
    expect(await failure(sender.send(calc.Add({ a: 1, b: 1 })))).toMatchObject({
      code: 'unavailable',
      mayHaveExecuted: false,
    });
    const waiting = sender.send(calc.Add({ a: 1, b: 1 }), { waitForReady: true });
    const again = await ScriptedPeer.listen({ onCommand: answer }, port);
    cleanups.push(() => again.stop());
    expect(await waiting).toBe(2);
  });

  it('runs the same with every request as a real actor', async () => {
    const seen = new Set<string>();
    const { sender } = await pair(
      { onCommand: answer },
      { inspect: (event) => seen.add((event.actorRef as AnyActorRef).id) },
    );
    expect(await sender.send(calc.Add({ a: 2, b: 3 }))).toBe(5);
    const ticks: number[] = [];
    for await (const { n } of sender.sendMulti(calc.Countdown({ from: 3 }))) ticks.push(n);
    expect(ticks).toEqual([3, 2, 1]);
    expect([...seen]).toEqual(expect.arrayContaining(['group', 'client 0', 'request 1 Add', 'request 2 Countdown']));
  });
});
