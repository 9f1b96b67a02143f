import { expect, it } from 'vitest';
import { OwnTime } from '../../support/own-time.ts';
import { adds, failureOf, onePlusOne, sleep, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import type { PeerScript } from '../support/scripted-peer.ts';

// Go: unanswered pings are never noticed.
// Here: a dead peer is found within keepalive time + ping timeout; what is pending fails then, and the client reconnects.

const { peer, sender } = stage();
const keepalive = { timeMs: 60, timeoutMs: 60 };
/** How late a timer may come on a machine that has other things to do. */
const LATE_MS = 1_000;

const deadPeers: [what: string, script: PeerScript][] = [
  ['does not answer pings', { answersPings: false }],
  ['is frozen', { onConnection: ({ socket }) => socket.pause() }],
];

it.each(deadPeers)('flaw 14: a peer that %s is lost within keepalive time + ping timeout', async (_, script) => {
  const server = await peer(script);
  const client = await sender({ address: server.address, keepalive, reconnect: { initialMs: 1, maxMs: 1 } });
  const startMs = performance.now();
  using time = new OwnTime();
  const error = await failureOf(client.send(onePlusOne, { timeoutMs: 20_000 }));
  const tookMs = performance.now() - startMs;
  const ownMs = time.ms;
  expect(error).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
  expect(error.message).toContain('did not answer a Ping');
  expect(tookMs).toBeGreaterThan(100);
  expect(ownMs).toBeLessThan(keepalive.timeMs + keepalive.timeoutMs + LATE_MS);
  await soon(() => server.accepted).toBeGreaterThan(1);
});

it('flaw 14: so is one that dies after a long and busy life', async () => {
  const server = await peer({ answersPings: false, ...adds });
  const client = await sender({ address: server.address, keepalive, reconnect: { initialMs: 1_000, maxMs: 1_000 } });
  for (let round = 0; round < 8; round++) {
    expect(await client.send(onePlusOne)).toBe(2);
    await sleep(20);
  }
  using time = new OwnTime();
  expect(await client.send(onePlusOne)).toBe(2);
  const pending = failureOf(client.send(calc.Wait({ ms: 60_000 })));
  expect(await pending).toMatchObject({ code: 'connection-lost' });
  expect(time.ms).toBeLessThan(keepalive.timeMs + keepalive.timeoutMs + LATE_MS);
  expect(server.accepted).toBe(1);
});

it('flaw 14: a peer that answers pings is kept, however quiet it is otherwise', async () => {
  const server = await peer();
  const client = await sender({ address: server.address, keepalive: { timeMs: 10, timeoutMs: 100 } });
  const pending = failureOf(client.send(onePlusOne, { timeoutMs: 400 }));
  expect(await pending).toMatchObject({ code: 'timeout' });
  expect(server.accepted).toBe(1);
  expect(server.connections[0]?.pings).toBeGreaterThan(10);
});
