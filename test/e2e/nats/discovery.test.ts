import { connect } from '@nats-io/transport-node';
import { describe, expect, it } from 'vitest';
import { calc } from '../support/calc.ts';
import { noBroker, startBroker, titled } from './support/brokers.ts';
import { startSender, startWorker } from './support/services.ts';

describe.skipIf(noBroker)(titled('a server over NATS'), () => {
  it('is found by those who look for services, and tells what it has done', async () => {
    await using broker = await startBroker();
    await using worker = await startWorker(broker);
    await using other = await startWorker(broker);
    const looking = await connect({ servers: broker.url });
    const ask = async (subject: string) => {
      const answers: { id: string; endpoints: object[] }[] = [];
      try {
        for await (const answer of await looking.requestMany(subject, '', { maxWait: 500 }))
          answers.push(answer.json());
      } catch (error) {
        // Nobody hears of it: that is no answer as well.
        if (!String(error).includes('no responders')) throw error;
      }
      return answers;
    };
    const found = await ask('$SRV.PING');
    const ping = { type: 'io.nats.micro.v1.ping_response', name: 'calc', version: '1.2.3', metadata: {} };
    expect(found).toEqual([1, 2].map(() => ({ ...ping, id: expect.any(String) })));
    const ids = found.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    const [info] = await ask(`$SRV.INFO.calc.${ids[0]}`);
    expect(info?.endpoints).toContainEqual({ name: 'Add', subject: 'cs.calc.Add', queue_group: 'q', metadata: {} });
    await using sender = await startSender(broker);
    for (let n = 0; n < 10; n++) await sender.send(calc.Add({ a: n, b: 1 }));
    await sender.send(calc.Fail({ message: 'no luck' })).catch(() => {});
    const stats = (await ask('$SRV.STATS.calc')).flatMap(({ endpoints }) => endpoints);
    const sum = (name: string, field: string) =>
      stats
        .map((each) => new Map(Object.entries(each)))
        .filter((each) => each.get('name') === name)
        .reduce((total, each) => total + each.get(field), 0);
    expect([sum('Add', 'num_requests'), sum('Add', 'num_errors')]).toEqual([10, 0]);
    expect([sum('Fail', 'num_requests'), sum('Fail', 'num_errors')]).toEqual([1, 1]);
    expect(sum('Add', 'processing_time')).toBeGreaterThan(0);
    expect(stats).toContainEqual(expect.objectContaining({ name: 'Fail', last_error: 'command-failed: no luck' }));
    await other.server?.shutdown();
    expect((await ask('$SRV.PING')).length).toBe(1);
    const caller = new AbortController();
    sender.send(calc.Wait({ ms: 60_000 }), { signal: caller.signal }).catch(() => {});
    await expect.poll(() => worker.waiting.length).toBe(1);
    const drained = worker.server?.shutdown({ timeoutMs: 60_000 });
    await expect.poll(() => ask('$SRV.PING')).toEqual([]);
    expect(worker.waiting[0]?.signal.aborted).toBe(false);
    caller.abort();
    await drained;
    await looking.close();
  });
});
