import { memoryTransport, type SenderOptions, type ServerOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { MODES } from '../sender/support.ts';
import { makeCertificates } from '../support/certificates.ts';
import { withoutExtension } from '../support/without-extension.ts';
import { type RowsSender, rows, rowsSender, serveRows, standstill } from './rows.ts';
import { failureOf, sleep, soon, stage } from './stage.ts';

const { onEnd } = stage();
const MEBIBYTE = 2 ** 20;
/** More than all queues on the way hold: the sender's 16 MiB, the server's 16 MiB, and what the kernels of both ends do. */
const ENDLESS = { count: 1_000_000, bytes: 64 * 1024 };

async function service(options: Partial<SenderOptions> = {}, serverOptions: ServerOptions = {}) {
  const { server, served, address } = await serveRows(serverOptions);
  onEnd(() => server.close());
  const sender = await rowsSender({ address, ...options });
  onEnd(() => sender.close());
  return { server, served, sender, address };
}

/** Takes rows until something shows that the connection waits for this stream; returns how many were taken. */
async function paused(sender: RowsSender, served: { given: number }, options: object = {}) {
  const stream = sender.sendMulti(rows.Table(ENDLESS), options);
  expect((await stream.next()).value).toMatchObject({ n: 1 });
  const given = await standstill(() => served.given);
  return { stream, given };
}

const PATIENT = { timeout: 90_000 };

describe.each(MODES)('a consumer that is slower than its server, requests running %s', PATIENT, (_, mode) => {
  it('A2: gets all of 20,000 rows by a plain loop, with all defaults, while other sends go on', async () => {
    const { sender } = await service(mode);
    let over = false;
    let echoes = 0;
    const neighbours = (async () => {
      while (!over) expect(await sender.send(rows.Echo(++echoes), { timeoutMs: 60_000 })).toBe(echoes);
    })();
    let expected = 1;
    for await (const { n } of sender.sendMulti(rows.Table({ count: 20_000, bytes: 20 }))) {
      expect(n).toBe(expected++);
      // Slower than the server by as much as 1 ms for each would be, in a fraction of the time.
      if (n % 40 === 0) await sleep(1);
    }
    over = true;
    await neighbours;
    expect(expected).toBe(20_001);
    expect(echoes).toBeGreaterThan(1);
  });

  it('A2: gets all by a handler, and by a loop that sends for each row', async () => {
    const { sender } = await service(mode);
    const table = rows.Table({ count: 5_000, bytes: 200 });
    let handled = 0;
    await sender.sendMulti(table, async ({ n }) => {
      expect(n).toBe(++handled);
      if (n % 40 === 0) await sleep(1);
    });
    expect(handled).toBe(5_000);
    let asked = 0;
    for await (const { n } of sender.sendMulti(table)) {
      expect(await sender.send(rows.Echo(n))).toBe(++asked);
      if (n === 2_500) break;
    }
    expect(asked).toBe(2_500);
  });
});

const PEERS = [
  { peer: 'a server that waits for credit', its: {} },
  { peer: 'a server without the wire extension', its: { transport: withoutExtension() } },
];

describe.each(PEERS)('a stream whose consumer is slow, of $peer', PATIENT, ({ its }) => {
  it('A2: fails where it is told to, for the whole sender or for one send', async () => {
    const { sender, address } = await service(its);
    const failing = await rowsSender({ address, whenSlow: 'fail', ...its });
    onEnd(() => failing.close());
    const table = rows.Table({ count: 100_000, bytes: 20 });
    for (const [by, options] of [
      [failing, {}],
      [sender, { whenSlow: 'fail' as const }],
    ] as const) {
      const seen: number[] = [];
      const error = await failureOf(
        (async () => {
          for await (const { n } of by.sendMulti(table, options)) {
            seen.push(n);
            await sleep(1);
          }
        })(),
      );
      expect(error).toMatchObject({ code: 'result-overflow', mayHaveExecuted: true });
      expect(error.message).toContain(`'maxBufferedResults'`);
      expect(seen).toEqual(Array.from(seen, (_, index) => index + 1));
    }
  });

  it('A2: waits a moment when it is full, for those that are under way on its connection, in place of failing', async () => {
    const { sender } = await service(its);
    const neighbour = sender.send(rows.Wait({ ms: 300 }));
    // 64 MiB, four times what may wait: read for the neighbour alone, they would come in a tenth of a second.
    let expected = 1;
    for await (const { n } of sender.sendMulti(rows.Table({ count: 1_000, bytes: 64 * 1024 }))) {
      expect(n).toBe(expected++);
      if (n % 4 === 0) await sleep(1);
    }
    expect(expected).toBe(1_001);
    expect(await neighbour).toBe(300);
  });

  it('A2: does not hold up those that come', async () => {
    const { sender } = await service(its);
    const stream = sender.sendMulti(rows.Table({ count: 100_000, bytes: 1 }));
    await stream.next();
    await sleep(50);
    for (let n = 0; n < 20; n++) expect(await sender.send(rows.Echo(n))).toBe(n);
    await stream.return?.();
  });

  it('A2: is not the fault of its peer, though no Pong is read', async () => {
    const lost: unknown[] = [];
    const { sender, served } = await service({
      keepalive: { timeMs: 200, timeoutMs: 200 },
      ...its,
      onStatus: (event) => event.type === 'client' && event.error !== undefined && lost.push(event.error),
    });
    const { stream } = await paused(sender, served);
    // A busy machine may seem to stand still before the server has filled what there is to fill.
    let given = 0;
    for (let looks = 0; looks < 20 && given !== served.given; looks++) {
      ({ given } = served);
      await sleep(1_000);
    }
    expect(served.given).toBe(given);
    for (let n = 2; n <= given + 100; n++) expect((await stream.next()).value?.n).toBe(n);
    expect(lost).toEqual([]);
    await stream.return?.();
    expect(await sender.send(rows.Echo('still the same'))).toBe('still the same');
  });

  it('A2: ends by its deadline, its signal, its consumer that leaves, and by closing', async () => {
    const { sender, served } = await service(its);
    const controller = new AbortController();
    const late = await paused(sender, served, { timeoutMs: 2_000 });
    await soon(() => sender.group.has(1, 0)).toBe(false);
    expect(await failureOf(drained(late.stream))).toMatchObject({ code: 'timeout' });
    const cancelled = await paused(sender, served, { signal: controller.signal });
    controller.abort();
    expect(await failureOf(drained(cancelled.stream))).toMatchObject({ code: 'cancelled' });
    const left = await paused(sender, served);
    await left.stream.return?.();
    // What is left goes on being read, into nothing.
    expect(await sender.send(rows.Echo(1), { timeoutMs: 60_000 })).toBe(1);
    const closed = await paused(sender, served);
    await sender.close();
    expect(await failureOf(drained(closed.stream))).toMatchObject({ code: 'closed' });
    await soon(() => served.ended).toBe(4);
  });

  it('A2: is drained as its consumer takes it', async () => {
    const { sender } = await service(its);
    const stream = sender.sendMulti(rows.Table({ count: 400, bytes: 64 * 1024 }));
    await stream.next();
    await sleep(200);
    const draining = sender.drain();
    let taken = 1;
    for await (const { n } of stream) expect(n).toBe(++taken);
    expect(taken).toBe(400);
    await draining;
  });
});

describe('a stream whose consumer is slow', PATIENT, () => {
  it.each(['tcp', 'tls', 'memory'] as const)(
    'A2: makes its server wait, which runs ahead by no more than the buffers, and goes on where it was: %s',
    async (kind) => {
      const { client, server } = await transports(kind);
      const { sender, served } = await service(client, server);
      const { stream, given } = await paused(sender, served);
      expect(given * ENDLESS.bytes).toBeLessThan(64 * MEBIBYTE);
      for (let n = 2; n <= given + 500; n++) expect((await stream.next()).value?.n).toBe(n);
      expect(served.given).toBeGreaterThan(given);
      await stream.return?.();
    },
  );

  it('A2: fails with the names of the options where its connection must be read on for an endless neighbour', async () => {
    const { sender } = await service({
      maxBufferedResultBytes: MEBIBYTE,
      maxBufferedResults: 4,
      transport: withoutExtension(),
    });
    const slow = sender.sendMulti(rows.Table(ENDLESS));
    const quick = sender.sendMulti(rows.Table({ count: 1_000_000, bytes: 1_000 }));
    const taking = (async () => {
      for await (const _ of quick);
    })();
    const error = await failureOf(
      (async () => {
        for await (const _ of slow) await sleep(100);
      })(),
    );
    expect(error).toMatchObject({ code: 'result-overflow', mayHaveExecuted: true });
    expect(error.message).toContain(`'maxBufferedResultBytes'`);
    await quick.return?.();
    await taking;
  });
});

/** What both ends are given to speak so. */
async function transports(
  kind: 'tcp' | 'tls' | 'memory',
): Promise<{ client: Partial<SenderOptions>; server: ServerOptions }> {
  if (kind === 'tcp') return { client: {}, server: {} };
  if (kind === 'memory') {
    const transport = memoryTransport();
    return { client: { transport }, server: { transport } };
  }
  const { ca, server } = await makeCertificates();
  return { client: { tls: { ca } }, server: { tls: server } };
}

/** Takes what is left. */
async function drained(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}
