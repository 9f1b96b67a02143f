import { describe, expect, it } from 'vitest';
import { OwnTime } from '../../support/own-time.ts';
import { failureOf, soon, stage, timed } from '../client/stage.ts';
import { calc } from '../support/calc.ts';

// Go: with a peer that does not read, Close takes more than 5 s, and a Send with a 200 ms context more than 3 s.
// Here: a deadline holds whatever the peer does, and closing is always bounded in time.

const { peer, sender } = stage();
const megabyte = calc.Echo('x'.repeat(1024 * 1024));

/** How many sockets this process holds, of both sides. */
const openSockets = () => process.getActiveResourcesInfo().filter((type) => type === 'TCPSocketWrap').length;

/** A client whose kernel buffers are full: nothing that it writes gets anywhere. */
async function stalled(whenFull: 'fail' | 'wait') {
  const server = await peer({ onConnection: ({ socket }) => socket.pause() });
  const client = await sender({
    address: server.address,
    maxBufferedBytes: 4 * 1024 * 1024,
    maxFrameBytes: 2 * 1024 * 1024,
    maxWaitingBytes: 128 * 1024 * 1024,
    whenFull,
    keepalive: false,
  });
  // What the kernel takes at once depends on the machine: at most some ten megabytes.
  for (let round = 0; round < 60; round++) {
    const outcome = await Promise.race([
      failureOf(client.send(megabyte, { timeoutMs: 60_000 })),
      new Promise((resolve) => setImmediate(resolve)),
    ]);
    if (outcome !== undefined) break;
  }
  let pending = 0;
  while (client.group.has(pending + 1, 0)) pending++;
  return { client, pending };
}

describe.each(['fail', 'wait'] as const)('flaw 12: with a peer that does not read (whenFull: %s)', (whenFull) => {
  it('a deadline of 200 ms holds, and close() is quick', async () => {
    const { client, pending } = await stalled(whenFull);
    expect(pending).toBeGreaterThan(4);
    const startMs = performance.now();
    using time = new OwnTime();
    const error = await failureOf(client.sendWithDeadline(megabyte, Date.now() + 200));
    const tookMs = performance.now() - startMs;
    const ownMs = time.ms;
    expect(error.code).toBe(whenFull === 'fail' ? 'overloaded' : 'timeout');
    expect(error.mayHaveExecuted).toBe(false);
    if (whenFull === 'wait') expect(tookMs).toBeGreaterThan(195);
    expect(ownMs).toBeLessThan(1_500);
    expect(openSockets()).toBe(2);
    expect(await timed(() => client.close())).toBeLessThan(500);
    // The peer's end is there still; it has not even looked.
    await soon(openSockets).toBe(1);
  });
});

it('flaw 12: a Command that was written into a full connection times out at its deadline', async () => {
  const server = await peer({ onConnection: ({ socket }) => socket.pause() });
  const client = await sender({ address: server.address, maxBufferedBytes: 1024 * 1024 * 1024, keepalive: false });
  const sends = Array.from({ length: 16 }, () => failureOf(client.sendWithDeadline(megabyte, Date.now() + 200)));
  using time = new OwnTime();
  const errors = await Promise.all(sends);
  expect(time.ms).toBeLessThan(1_500);
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['timeout']));
  expect(await timed(() => client.closeAndWait(60))).toBeLessThan(560);
});
