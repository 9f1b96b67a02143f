import { type Transport, tcpTransport } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { deadAddress, sleep, soon, stage } from '../client/stage.ts';

// Go: there is no backoff: 19,467 dials a second while the server is down.
// Here: dials during an outage stay inside the envelope of exponential backoff with full jitter.

const { peer, sender } = stage();

/** TCP that notes when it was asked to dial. */
function countingDials(): { transport: Transport; dialledAtMs: number[] } {
  const tcp = tcpTransport();
  const dialledAtMs: number[] = [];
  const connect: Transport['connect'] = (address, signal) => {
    dialledAtMs.push(performance.now());
    return tcp.connect(address, signal);
  };
  return { transport: { ...tcp, connect }, dialledAtMs };
}

const outages: [what: string, address: () => Promise<string>][] = [
  ['refuses connections', deadAddress],
  [
    'accepts and closes at once',
    async () => (await peer({ serverInfo: null, onConnection: ({ socket }) => socket.end() })).address,
  ],
  [
    'introduces itself and closes at once',
    async () => (await peer({ onConnection: ({ socket }) => socket.end() })).address,
  ],
];

describe.each(outages)('flaw 9: while a server %s', (_, addressOf) => {
  it('every wait before a dial is the random share of a bound that doubles up to its maximum', async () => {
    const address = await addressOf();
    const { transport, dialledAtMs } = countingDials();
    const client = await sender({
      address,
      transport,
      lazy: true,
      random: () => 0.5,
      reconnect: { initialMs: 20, factor: 2, maxMs: 160 },
    });
    // 0, then waits of 10, 20, 40, 80, 80, ... ms.
    await soon(() => dialledAtMs.length).toBe(7);
    await client.close();
    const waits = dialledAtMs.slice(1).map((atMs, index) => atMs - (dialledAtMs[index] as number));
    waits.forEach((waitMs, index) => {
      expect(waitMs, `wait ${index + 1}`).toBeGreaterThanOrEqual(0.5 * Math.min(160, 20 * 2 ** index) - 1.5);
    });
    await sleep(100);
    expect(dialledAtMs.length).toBe(7);
  });
});

it('flaw 9: a connection that has lived sets the waits back to the first', async () => {
  const server = await peer();
  const { transport, dialledAtMs } = countingDials();
  const client = await sender({
    address: server.address,
    transport,
    random: () => 0.999,
    reconnect: { initialMs: 5, factor: 100, maxMs: 60_000, resetAfterMs: 30 },
  });
  for (let round = 1; round <= 3; round++) {
    await sleep(50);
    server.connections[0]?.reset();
    await soon(() => dialledAtMs.length).toBe(round + 1);
    await soon(() => client.status.state).toBe('ready');
  }
});
