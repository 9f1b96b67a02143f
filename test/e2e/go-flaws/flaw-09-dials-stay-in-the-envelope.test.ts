import { type Transport, tcpTransport } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/base/clock.ts';
import { deadAddress, sleep, soon, stage } from '../client/stage.ts';

// Go: there is no backoff: 19,467 dials a second while the server is down.
// Here: dials during an outage stay inside the envelope of exponential backoff with full jitter.

const { peer, sender } = stage();

/**
 * TCP, and a clock, that note for which timers each dial has waited. Not how long: a timer of Node's may come early by what its
 * turn of the event loop had taken before it was set.
 */
function countingDials() {
  const tcp = tcpTransport();
  const waitsMs: number[] = [];
  let waitedMs = 0;
  // Only timers make time pass: what a busy machine takes for a connection that ends at once is no life of it.
  let nowMs = 0;
  const connect: Transport['connect'] = (address, signal) => {
    waitsMs.push(waitedMs);
    waitedMs = 0;
    return tcp.connect(address, signal);
  };
  const fire = (callback: () => void, delayMs: number) => () => {
    waitedMs += delayMs;
    nowMs += delayMs;
    callback();
  };
  const clock: Clock = {
    ...systemClock,
    monotonicMs: () => nowMs,
    setTimeout: (callback, delayMs) => systemClock.setTimeout(fire(callback, delayMs), delayMs),
  };
  return { transport: { ...tcp, connect }, clock, waitsMs };
}

const outages: [what: string, address: () => Promise<string>, firstWaitMs: number][] = [
  ['refuses connections', deadAddress, 10],
  [
    'accepts and closes at once',
    async () => (await peer({ serverInfo: null, onConnection: ({ socket }) => socket.end() })).address,
    10,
  ],
  [
    'introduces itself and closes at once',
    async () => (await peer({ onConnection: ({ socket }) => socket.end() })).address,
    // An end in order is a goodbye, as at a deploy: the first time it is followed at once.
    0,
  ],
];

describe.each(outages)('flaw 9: while a server %s', (_, addressOf, firstWaitMs) => {
  it('every wait before a dial is the random share of a bound that doubles up to its maximum', async () => {
    const address = await addressOf();
    const { transport, clock, waitsMs } = countingDials();
    const client = await sender({
      address,
      transport,
      clock,
      lazy: true,
      random: () => 0.5,
      reconnect: { initialMs: 20, factor: 2, maxMs: 160, resetAfterMs: 60_000 },
    });
    await soon(() => waitsMs.length).toBeGreaterThanOrEqual(7);
    await client.close();
    const dials = waitsMs.length;
    await sleep(100);
    // Some more where the machine is busy; none once the sender is closed.
    expect(waitsMs).toEqual([0, firstWaitMs, 20, 40, ...Array(dials - 4).fill(80)]);
  });
});

it('flaw 9: a connection that has lived sets the waits back to the first', async () => {
  const server = await peer();
  const { transport, clock, waitsMs } = countingDials();
  const client = await sender({
    address: server.address,
    transport,
    clock,
    random: () => 0.999,
    reconnect: { initialMs: 5, factor: 100, maxMs: 60_000, resetAfterMs: 30 },
  });
  for (let round = 1; round <= 3; round++) {
    await sleep(50);
    server.connections[0]?.reset();
    await soon(() => waitsMs.length).toBeGreaterThan(round);
    await soon(() => client.status.state).toBe('ready');
  }
});
