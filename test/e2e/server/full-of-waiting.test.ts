import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { CmdStreamError, command, createSender, defineProtocol, result, serve } from '../../../src/index.ts';
import { expectNothingLeft } from '../support/leaks.ts';

expectNothingLeft();

const protocol = defineProtocol({
  results: { Length: result<number>() },
  commands: { Measure: command<string>().returns('Length') },
});

const maxTotalBytes = 60_000;

/** A server whose handlers wait until they are let go. */
async function gatedServer() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const measure = (text: string) => opened.then(() => text.length);
  const server = await serve(protocol, null, { Measure: measure }, { maxInFlightBytes: 2000, maxTotalBytes });
  return { server, open };
}

const codeOf = (error: unknown): string => (CmdStreamError.is(error) ? error.code : String(error));

/**
 * What waits undecoded can only go by being taken: a server whose memory is full of nothing else must take it, or it takes
 * nothing ever again.
 */
describe.each([
  ['small Commands', 1000, 1],
  ['Commands as large as its reserve', 15_000, 1],
  ['Commands larger than that', 20_000, 1],
  ['small Commands of several clients', 1000, 4],
  ['large Commands of several clients', 20_000, 4],
])('a server whose memory is full of %s that wait', (_, size, senders) => {
  it('takes them once nothing else is under way, and serves as before', async () => {
    const { server, open } = await gatedServer();
    await using _server = server;
    const clients = await Promise.all(
      Array.from({ length: senders }, () => createSender(protocol, { address: server.address, reconnect: false })),
    );
    const text = 'x'.repeat(size);
    const ends = clients.flatMap((client) =>
      Array.from({ length: Math.ceil((2 * maxTotalBytes) / size) }, () =>
        client.send(protocol.Measure(text), { timeoutMs: 20_000 }).catch(codeOf),
      ),
    );
    await sleep(100);
    open();
    // All that was not refused is executed, whoever sent it.
    const outcomes = new Set(await Promise.all(ends));
    expect([...outcomes].filter((outcome) => outcome !== 'overloaded')).toEqual([size]);
    for (const client of clients) {
      expect(await client.send(protocol.Measure(text), { timeoutMs: 20_000 })).toBe(size);
      await client.close();
    }
  });
});
