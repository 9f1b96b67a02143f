import { describe, expect, it } from 'vitest';
import { calc } from '../support/calc.ts';
import { noBroker, startBroker, titled } from './support/brokers.ts';
import { startSender, startWorker } from './support/services.ts';

describe.skipIf(noBroker)(titled('a send over NATS'), () => {
  it('gets its Result, whichever codec and size', async () => {
    await using broker = await startBroker();
    await using _worker = await startWorker(broker);
    await using sender = await startSender(broker, { clients: 2 });
    expect(await sender.send(calc.Add({ a: 2, b: 3 }))).toBe(5);
    expect(await sender.send(calc.Find({ key: 'k' }))).toEqual({ type: 'Missing', value: { key: 'k' } });
    const long = 'é'.repeat(200_000);
    expect(await sender.send(calc.Echo(long))).toBe(long);
    const sums = await Promise.all(Array.from({ length: 5_000 }, (_, n) => sender.send(calc.Add({ a: n, b: 1 }))));
    expect(sums).toEqual(Array.from({ length: 5_000 }, (_, n) => n + 1));
  });

  it('fails as its handler failed', async () => {
    await using broker = await startBroker();
    await using _worker = await startWorker(broker);
    await using sender = await startSender(broker);
    const error = { code: 'command-failed', mayHaveExecuted: true, message: expect.stringContaining('no luck') };
    await expect(sender.send(calc.Fail({ message: 'no luck' }))).rejects.toMatchObject(error);
  });

  it('streams in order, no further than its consumer takes it', async () => {
    await using broker = await startBroker();
    await using worker = await startWorker(broker);
    await using sender = await startSender(broker);
    const seen: number[] = [];
    let ahead = 0;
    for await (const { n } of sender.sendMulti(calc.Countdown({ from: 5_000 }))) {
      seen.push(n);
      ahead = Math.max(ahead, worker.streamed - seen.length);
    }
    expect(seen).toEqual(Array.from({ length: 5_000 }, (_, n) => 5_000 - n));
    expect(ahead).toBeLessThan(1_100);
    const stream = sender.sendMulti(calc.Countdown({ from: 1_000_000 }))[Symbol.asyncIterator]();
    await stream.next();
    await expect.poll(() => worker.streamed).toBeGreaterThanOrEqual(5_064);
    // A round trip of another Command later nothing more has come of it.
    await sender.send(calc.Add({ a: 1, b: 1 }));
    expect(worker.streamed).toBeLessThan(5_300);
    await stream.return?.();
  });

  it('streams no further than a few Results where no more may wait', async () => {
    await using broker = await startBroker();
    await using worker = await startWorker(broker);
    await using sender = await startSender(broker, { maxBufferedResults: 4 });
    const seen: number[] = [];
    let ahead = 0;
    for await (const { n } of sender.sendMulti(calc.Countdown({ from: 200 }))) {
      seen.push(n);
      ahead = Math.max(ahead, worker.streamed - seen.length);
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => 200 - n));
    expect(ahead).toBeLessThan(10);
  });

  it('tells its server how long it has, and what goes along', async () => {
    await using broker = await startBroker();
    await using worker = await startWorker(broker);
    await using sender = await startSender(broker);
    const metadata = { tenant: ' ä%\r\n ', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    expect(await sender.send(calc.Echo('tenant'), { metadata })).toBe(metadata.tenant);
    expect(await sender.send(calc.Echo('traceparent'), { metadata })).toBe(metadata.traceparent);
    const sentAt = Date.now();
    await sender.send(calc.Wait({ ms: 1 }));
    await sender.send(calc.Wait({ ms: 1 }), { timeoutMs: 10_000 });
    await expect(sender.send(calc.Wait({ ms: 60_000 }), { timeoutMs: 200 })).rejects.toMatchObject({ code: 'timeout' });
    await expect.poll(() => worker.waiting[2]?.signal.aborted).toBe(true);
    const [usual = 0, own = 0, short = 0] = worker.waiting.map(({ deadline }) => deadline - sentAt);
    const tookMs = Date.now() - sentAt;
    for (const [leftMs, timeoutMs] of [
      [usual, 30_000],
      [own, 10_000],
      [short, 200],
    ] as const) {
      expect(leftMs).toBeGreaterThanOrEqual(timeoutMs - 1);
      expect(leftMs).toBeLessThan(timeoutMs + tookMs + 2);
    }
  });

  it('that is given up is given up by its server as well, before its first Result and after', async () => {
    await using broker = await startBroker();
    await using first = await startWorker(broker);
    await using second = await startWorker(broker);
    await using sender = await startSender(broker);
    const caller = new AbortController();
    // So few that the client keeps its connection, whose end would tell the same.
    const sends = Array.from({ length: 5 }, () => sender.send(calc.Wait({ ms: 60_000 }), { signal: caller.signal }));
    const all = () => [...first.waiting, ...second.waiting];
    await expect.poll(() => all().length).toBe(5);
    caller.abort();
    await Promise.all(sends.map((send) => expect(send).rejects.toMatchObject({ code: 'cancelled' })));
    await expect.poll(() => all().filter(({ signal }) => signal.aborted).length).toBe(5);
    for await (const { n } of sender.sendMulti(calc.Countdown({ from: 1_000_000 }))) if (n < 999_990) break;
    const streamed = () => first.streamed + second.streamed;
    // Both are through: they can be closed in order at once.
    await Promise.all([first.server?.drain({ timeoutMs: 0 }), second.server?.drain()]);
    expect(streamed()).toBeLessThan(10_000);
  });
});
