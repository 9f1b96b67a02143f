import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { calc } from '../support/calc.ts';
import { type Broker, noBroker, startBroker, startCluster, titled } from './support/brokers.ts';
import { startSender, startWorker } from './support/services.ts';

const READY = { state: 'ready', ready: 1 };

describe.skipIf(noBroker)(titled('over NATS'), () => {
  it('a send fails at once where nobody is there, and was not executed', async () => {
    await using broker = await startBroker();
    await using sender = await startSender(broker);
    const error = { code: 'unavailable', mayHaveExecuted: false, message: expect.stringContaining('cs.calc.Add') };
    await expect(sender.send(calc.Add({ a: 1, b: 2 }))).rejects.toMatchObject(error);
    await using _worker = await startWorker(broker);
    expect(await sender.send(calc.Add({ a: 1, b: 2 }))).toBe(3);
  });

  it('what is in flight fails when the broker dies, sends meanwhile do not leave, and both sides come back', async () => {
    await using broker = await startBroker();
    await using worker = await startWorker(broker);
    await using sender = await startSender(broker);
    const waits = Array.from({ length: 10 }, () => sender.send(calc.Wait({ ms: 60_000 })));
    await expect.poll(() => worker.waiting.length).toBe(10);
    const killed = broker.kill();
    for (const wait of waits) {
      await expect(wait).rejects.toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    }
    await killed;
    await expect.poll(() => worker.waiting.every(({ signal }) => signal.aborted)).toBe(true);
    const error = { code: 'unavailable', mayHaveExecuted: false };
    await expect(sender.send(calc.Add({ a: 1, b: 2 }))).rejects.toMatchObject(error);
    await broker.restart();
    await expect.poll(() => sender.status).toMatchObject(READY);
    await expect.poll(() => sender.send(calc.Add({ a: 1, b: 2 })).catch(() => 0)).toBe(3);
  });

  it('a broker that takes its leave is left by both sides, and nothing fails', async () => {
    await using leaving = await startBroker('lame_duck_grace_period: "10s"\nlame_duck_duration: "30s"');
    await using staying = await startBroker();
    const brokers = [leaving, staying];
    await using worker = await startWorker(brokers);
    // At its own broker first, as far as there is a choice.
    await using sender = await startSender(leaving);
    await using other = await startSender(staying);
    const wait = sender.send(calc.Wait({ ms: 500 }));
    const caller = new AbortController();
    const long = sender.send(calc.Wait({ ms: 60_000 }), { signal: caller.signal, timeoutMs: 60_000 });
    await expect.poll(() => worker.waiting.length).toBe(2);
    leaving.takeLeave();
    await expect.poll(() => sender.status.state).not.toBe('ready');
    await expect.poll(() => other.send(calc.Add({ a: 1, b: 2 })).catch(() => 0)).toBe(3);
    // The broker has not closed the connection: it was left before.
    expect(worker.waiting[1]?.signal.aborted).toBe(false);
    expect(await wait).toBe(500);
    caller.abort();
    await expect(long).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('a Command that is too long for the broker is refused before it leaves', async () => {
    await using broker = await startBroker('max_payload: 1000');
    await using _worker = await startWorker(broker);
    await using sender = await startSender(broker);
    const error = { code: 'frame-too-large', mayHaveExecuted: false, message: expect.stringContaining('max_payload') };
    await expect(sender.send(calc.Echo('x'.repeat(1_000)))).rejects.toMatchObject(error);
    expect(await sender.send(calc.Echo('x'.repeat(900)))).toBe('x'.repeat(900));
  });

  it('a Command that the broker does not let pass fails by itself, by the name of its subject', async () => {
    const permissions = '{ publish: { allow: ["cs.calc.Add", "_INBOX.>"] } }';
    const user = `{ user: any, password: any, permissions: ${permissions} }`;
    await using broker = await startBroker(`authorization { users: [${user}] }\nno_auth_user: any`);
    await using _worker = await startWorker(broker);
    await using sender = await startSender(broker);
    const error = { code: 'unavailable', mayHaveExecuted: false, message: expect.stringContaining('cs.calc.Echo') };
    const sends = [1, 2, 3].map(() => sender.send(calc.Echo('x')));
    const sums = [1, 2, 3].map((n) => sender.send(calc.Add({ a: n, b: 0 })));
    await Promise.all(sends.map((send) => expect(send).rejects.toMatchObject(error)));
    expect(await Promise.all(sums)).toEqual([1, 2, 3]);
  });

  it('a server that says nothing any more is found out, and one that works for long is not', async () => {
    await using broker = await startBroker();
    const keepalive = { timeMs: 1_000, timeoutMs: 1_000 };
    await using sender = await startSender(broker, { keepalive });
    const dead = await connect({ servers: broker.url });
    dead.subscribe('cs.calc.Echo', { queue: 'q', callback: () => {} });
    await dead.flush();
    const error = { code: 'connection-lost', mayHaveExecuted: true, message: expect.stringContaining('sign of life') };
    const found = expect(sender.send(calc.Echo('x'))).rejects.toMatchObject(error);
    await using worker = await startWorker(broker);
    expect(await sender.send(calc.Wait({ ms: 6_000 }))).toBe(6_000);
    await found;
    expect(worker.taken).toBe(1);
    await dead.close();
  });

  it('a client that is gone is found out by the servers that work for it', async () => {
    await using broker = await startBroker();
    await using worker = await startWorker(broker);
    await using staying = await startSender(broker);
    const kept = staying.send(calc.Wait({ ms: 5_000 }));
    const sender = await startSender(broker);
    for (let n = 0; n < 3; n++) sender.send(calc.Wait({ ms: 60_000 })).catch(() => {});
    await expect.poll(() => worker.waiting.length).toBe(4);
    await sender.close();
    await expect.poll(() => worker.waiting.filter(({ signal }) => signal.aborted).length).toBe(3);
    expect(await kept).toBe(5_000);
  });

  it('what a broker does not take is bounded, and one that stands still is found out', async () => {
    await using broker = await startBroker();
    await using _worker = await startWorker(broker);
    const keepalive = { timeMs: 200, timeoutMs: 200 };
    await using sender = await startSender(broker, { keepalive, maxBufferedBytes: 100_000 });
    broker.stand(true);
    const text = 'x'.repeat(10_000);
    const sends = await Promise.allSettled(Array.from({ length: 1_000 }, () => sender.send(calc.Echo(text))));
    const errors = sends.map((send) => (send.status === 'rejected' ? send.reason : undefined));
    const lost = errors.slice(0, 10).map(({ code, mayHaveExecuted }) => [code, mayHaveExecuted]);
    expect(lost).toEqual(Array.from({ length: 10 }, () => ['connection-lost', true]));
    const full = errors.slice(10).map(({ code, mayHaveExecuted }) => `${code} ${mayHaveExecuted}`);
    expect([...new Set(full)]).toEqual(['overloaded false']);
    broker.stand(false);
    await expect.poll(() => sender.send(calc.Add({ a: 1, b: 2 })).catch(() => 0)).toBe(3);
  });

  it('a broker of a cluster dies, and its clients and servers go to another', async () => {
    const [first, second, third] = (await startCluster(3)) as [Broker, Broker, Broker];
    await using _first = first;
    await using _second = second;
    await using _third = third;
    await using at = await startWorker([first, second]);
    await using beside = await startWorker(second);
    await using sender = await startSender([first, third]);
    const add = () => sender.send(calc.Add({ a: 1, b: 2 })).catch(() => 0);
    // Brokers take a moment to know of each other.
    const both = async () => (await add()) === 3 && at.taken > 0 && beside.taken > 0;
    await expect.poll(both).toBe(true);
    await first.kill();
    const before = at.taken;
    await expect.poll(async () => (await add()) === 3 && at.taken > before).toBe(true);
  });

  it('nothing is begun where there is no broker', async () => {
    await using broker = await startBroker();
    await broker.kill();
    const error = { code: 'unavailable', message: expect.stringContaining(`no broker at 127.0.0.1:${broker.port}`) };
    await expect(startSender(broker)).rejects.toMatchObject(error);
    await expect(startWorker(broker)).rejects.toMatchObject({ ...error, code: 'listen-failed' });
  });
});
