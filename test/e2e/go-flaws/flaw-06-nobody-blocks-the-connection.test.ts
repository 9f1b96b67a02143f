import type { UnexpectedResult } from 'cmd-stream';
import { expect, it } from 'vitest';
import { answerAdd, failureOf, onePlusOne, soon, stage } from '../client/stage.ts';
import { calc, SUM, TICK } from '../support/calc.ts';

// Go: a second Result for a single Send, a slow handler, or a handler that stopped, blocks the whole connection for good.
// Here: only the request that it is about is touched; its neighbours on the connection go on.

const { peer, sender } = stage();

it('flaw 6: a second Result for a single send goes to onUnexpectedResult', async () => {
  const server = await peer({
    onCommand: ({ seq, connection }) => {
      for (const sum of [1, 2, 3]) connection.result(seq, SUM, sum);
    },
  });
  const unexpected: UnexpectedResult[] = [];
  const client = await sender({ address: server.address, onUnexpectedResult: (result) => unexpected.push(result) });
  for (let seq = 1; seq <= 20; seq++) expect(await client.send(onePlusOne)).toBe(1);
  await soon(() => unexpected.length).toBe(40);
  expect(unexpected[0]).toMatchObject({ seq: 1, clientId: 0, type: 'Sum', value: 2 });
  expect(server.accepted).toBe(1);
});

/** Answers a Countdown with ten thousand Results at once. */
async function flood() {
  return peer({
    onCommand: (command) => {
      answerAdd(command);
      if (command.type !== 1) return;
      for (let n = 10_000; n > 0; n--) command.connection.result(command.seq, TICK, { n, last: n === 1 });
    },
  });
}

it('flaw 6: a handler that never comes back holds up nobody else', async () => {
  const server = await flood();
  const client = await sender({ address: server.address, maxBufferedResults: 16 });
  const handled: number[] = [];
  const stuck = client.sendMulti(calc.Countdown({ from: 3 }), ({ n }) => {
    handled.push(n);
    return new Promise<void>(() => {});
  });
  stuck.catch(() => {});
  for (let sent = 0; sent < 20; sent++) expect(await client.send(onePlusOne)).toBe(2);
  expect(handled).toEqual([10_000]);
  // It was not lost.
  expect(client.status.clients[0]).toMatchObject({ state: 'ready', error: undefined });
});

it('flaw 6: a stream that nobody reads fails by itself, and its neighbours go on', async () => {
  const server = await flood();
  const client = await sender({ address: server.address, maxBufferedResults: 16, whenSlow: 'fail' });
  const stream = client.sendMulti(calc.Countdown({ from: 3 }));
  for (let sent = 0; sent < 20; sent++) expect(await client.send(onePlusOne)).toBe(2);
  const seen: number[] = [];
  const error = await failureOf(
    (async () => {
      for await (const { n } of stream) seen.push(n);
    })(),
  );
  expect(error).toMatchObject({ code: 'result-overflow', mayHaveExecuted: true });
  // What arrived at once with the sixteenth is kept as well.
  expect(seen.length).toBeGreaterThanOrEqual(16);
  expect(seen.length).toBeLessThan(10_000);
  expect(seen).toEqual(Array.from(seen, (_, index) => 10_000 - index));
  // It was not lost.
  expect(client.status.clients[0]).toMatchObject({ state: 'ready', error: undefined });
});

it('flaw 6: a handler that throws ends its own request', async () => {
  const server = await flood();
  const client = await sender({ address: server.address, maxBufferedResults: 100_000 });
  const seen: number[] = [];
  const failing = client.sendMulti(calc.Countdown({ from: 3 }), ({ n }) => {
    seen.push(n);
    throw new Error('disk full');
  });
  const error = await failureOf(failing);
  expect(error).toMatchObject({ code: 'consumer-failed', mayHaveExecuted: true });
  expect(error.message).toContain('disk full');
  expect(seen).toEqual([10_000]);
  expect(await client.send(onePlusOne)).toBe(2);
  // It was not lost.
  expect(client.status.clients[0]).toMatchObject({ state: 'ready', error: undefined });
});
