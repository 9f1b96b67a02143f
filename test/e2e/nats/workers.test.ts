import { describe, expect, it } from 'vitest';
import { calc } from '../support/calc.ts';
import { noBroker, startBroker, titled } from './support/brokers.ts';
import { startSender, startWorker } from './support/services.ts';

describe.skipIf(noBroker)(titled('servers of one service over NATS'), () => {
  it('get Commands by equal shares', async () => {
    await using broker = await startBroker();
    await using one = await startWorker(broker);
    await using two = await startWorker(broker);
    await using three = await startWorker(broker);
    await using sender = await startSender(broker);
    await Promise.all(Array.from({ length: 3_000 }, () => sender.send(calc.Add({ a: 1, b: 1 }))));
    for (const { taken } of [one, two, three]) expect(Math.abs(taken - 1_000)).toBeLessThan(150);
    expect(one.taken + two.taken + three.taken).toBe(3_000);
  });

  it('come and go under load, and nothing fails', async () => {
    await using broker = await startBroker();
    await using staying = await startWorker(broker);
    const leaving = await startWorker(broker);
    await using sender = await startSender(broker, { clients: 2 });
    let isOver = false;
    let sent = 0;
    const load = Array.from({ length: 50 }, async () => {
      while (!isOver) expect(await sender.send(calc.Add({ a: sent++, b: 0 }))).toBeTypeOf('number');
    });
    await expect.poll(() => leaving.taken).toBeGreaterThan(500);
    const slow = Array.from({ length: 20 }, () => sender.send(calc.Wait({ ms: 200 })));
    await expect.poll(() => leaving.waiting.length + staying.waiting.length).toBe(20);
    await leaving.server?.shutdown();
    const { taken } = leaving;
    await using joining = await startWorker(broker);
    await expect.poll(() => joining.taken).toBeGreaterThan(500);
    isOver = true;
    await Promise.all(load);
    expect(await Promise.all(slow)).toEqual(Array.from({ length: 20 }, () => 200));
    expect(leaving.taken).toBe(taken);
    expect(leaving.taken + staying.taken + joining.taken).toBe(sent + 20);
  });

  it('at their limit leave the next Commands to others, and come back', async () => {
    await using broker = await startBroker();
    await using busy = await startWorker(broker, { maxInFlightCommands: 4 });
    await using sender = await startSender(broker);
    const caller = new AbortController();
    const { signal } = caller;
    for (let n = 0; n < 4; n++) sender.send(calc.Wait({ ms: 60_000 }), { signal }).catch(() => {});
    await expect.poll(() => busy.waiting.length).toBe(4);
    await using free = await startWorker(broker);
    await Promise.all(Array.from({ length: 200 }, () => sender.send(calc.Add({ a: 1, b: 1 }))));
    expect(free.taken).toBe(200);
    await free.server?.shutdown();
    const error = { code: 'unavailable', mayHaveExecuted: false };
    await expect(sender.send(calc.Add({ a: 1, b: 1 }))).rejects.toMatchObject(error);
    caller.abort();
    await expect.poll(() => sender.send(calc.Add({ a: 1, b: 1 })).catch(() => 0)).toBe(2);
  });
});
