import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { command, defineProtocol, result, serve } from '../../../src/index.ts';
import { RawClient } from '../../e2e/server/raw-client.ts';
import { CONTROL, controlFrame, varint } from '../fuzz/reference.ts';
import { memoryInUse } from '../fuzz/run.ts';

const MEBIBYTE = 2 ** 20;
const AT_ONCE = 8;
const QUEUED_BYTES = MEBIBYTE;

const protocol = defineProtocol({
  results: { Text: result<string>() },
  commands: { Slow: command<string>().returns('Text'), Echo: command<string>().returns('Text') },
});
const [SLOW, ECHO] = [0, 1];
const HELLO = controlFrame(1, CONTROL.hello, Buffer.from('{}'));
/** A head of nearly 8 KB: a time, and one text. */
const head = (seq: number) =>
  controlFrame(
    seq,
    CONTROL.head,
    Buffer.concat([Buffer.of(1), Buffer.from('\x01k'), varint(7_900), Buffer.alloc(7_900, 0x78)]),
  );

/** A server whose slow handlers do not care whether anybody waits; they end when they are told to. */
async function slowServer() {
  let [running, most, executed] = [0, 0, 0];
  let release: (() => void)[] = [];
  const server = await serve(
    protocol,
    undefined,
    {
      Slow: async (text) => {
        executed++;
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => release.push(resolve));
        running--;
        return text;
      },
      Echo: (text) => text,
    },
    { maxInFlightCommands: AT_ONCE, maxQueuedBytes: QUEUED_BYTES },
  );
  return {
    server,
    seen: () => ({ running, most, executed }),
    releaseAll() {
      const all = release;
      release = [];
      for (const one of all) one();
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Writes many pieces, as fast as they are taken. */
async function pour(client: RawClient, count: number, piece: (index: number) => Buffer): Promise<void> {
  for (let index = 0; index < count; index++) {
    if (!client.socket.write(piece(index))) await new Promise((resolve) => client.socket.once('drain', resolve));
    if (index % 20 === 0) await turn();
  }
}

/** Waits until the server has read all that was written: it answers Pings however much waits. */
async function heardAll(client: RawClient): Promise<void> {
  client.ping();
  await client.until(() => client.received.some(({ seq }) => seq === 0));
}

/** What is in use once buffers are given back as well, which takes a turn. */
async function settledMemory(): Promise<number> {
  let least = memoryInUse();
  for (let tries = 0; tries < 5; tries++) {
    await turn();
    least = Math.min(least, memoryInUse());
  }
  return least;
}

/** What the server has ended: told so for each Command that was given up. */
const endedOf = (client: RawClient) => client.controls.filter(({ name }) => name === 'ended').length;

describe('a client that floods a server by the wire extension', { timeout: 240_000 }, () => {
  it('with Commands that it cancels at once has no more of them executed at a time than any other', async () => {
    await using slow = await slowServer();
    await using client = await RawClient.open(slow.server.port);
    client.socket.write(HELLO);
    const [rounds, ofOne] = [180, 50];
    const round = (index: number) =>
      Buffer.concat(
        Array.from({ length: ofOne }, (_, at) => {
          const seq = 1 + index * ofOne + at;
          return Buffer.concat([RawClient.command(seq, SLOW, 'x'), controlFrame(seq, CONTROL.cancel)]);
        }),
      );
    const before = await settledMemory();
    await pour(client, rounds, round);
    await heardAll(client);
    expect(slow.seen()).toEqual({ running: AT_ONCE, most: AT_ONCE, executed: AT_ONCE });
    expect((await settledMemory()) - before).toBeLessThan(32 * MEBIBYTE);
    client.socket.write(RawClient.command(1_000_000, ECHO, 'still there'));
    const all = rounds * ofOne;
    while (endedOf(client) < all) {
      slow.releaseAll();
      await turn();
    }
    expect((await client.first(1_000_000)).value).toBe('still there');
    // None of those that waited was executed.
    expect(slow.seen()).toEqual({ running: 0, most: AT_ONCE, executed: AT_ONCE });
  });

  it.each([
    ['heads', head, 4_000],
    ['cancels of what is not there', (index: number) => controlFrame(index + 100, CONTROL.cancel), 100_000],
  ])('with %s holds no more than may be queued', async (_what, piece, count) => {
    await using slow = await slowServer();
    await using client = await RawClient.open(slow.server.port);
    client.socket.write(HELLO);
    // All places are taken, and something waits.
    for (let seq = 1; seq <= AT_ONCE + 2; seq++) client.send(seq, SLOW, 'x');
    while (slow.seen().running < AT_ONCE) await turn();
    const before = await settledMemory();
    await pour(client, count, piece);
    await heardAll(client);
    expect((await settledMemory()) - before).toBeLessThan(QUEUED_BYTES + 16 * MEBIBYTE);
    expect(slow.seen()).toEqual({ running: AT_ONCE, most: AT_ONCE, executed: AT_ONCE });
    slow.releaseAll();
    while (slow.seen().executed < AT_ONCE + 2) await turn();
    slow.releaseAll();
    expect((await client.ask(1_000_000, ECHO, 'still there')).value).toBe('still there');
  });
});
