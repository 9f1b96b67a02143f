import { expect, it } from 'vitest';
import { command, defineProtocol, result } from '../../src/index.ts';
import { simulate } from '../../src/testing.ts';

const protocol = defineProtocol({
  results: { Pong: result<number>() },
  commands: { Ping: command<number>().returns('Pong') },
});

/** What docs/connections.md says: a client dials within two turns of half a second, the others right after it. */
const BOUND_MS = 1_000 + 100 + 100;

it.each([1, 2, 3, 4, 8])('after an outage of 12 s %i clients are back within the bound', async (clients) => {
  for (let seed = 0; seed < 12; seed++) {
    const { value } = await simulate(`${clients} ${seed}`, async ({ clock, network, serve, createSender, random }) => {
      await serve(protocol, () => undefined, { Ping: (n) => n }, { host: 'a' });
      const sender = await createSender(protocol, { address: 'a:9000', clients });
      await clock.sleep(5_000);
      const forMs = 12_000 + random.stream('outage').next() * 1_000;
      network.inject({ kind: 'crash', server: 'a', forMs });
      await clock.sleep(forMs);
      const backMs = clock.monotonicMs();
      while (sender.status.ready === 0) await clock.sleep(10);
      const firstMs = clock.monotonicMs() - backMs;
      while (sender.status.ready < clients) await clock.sleep(10);
      return { firstMs, allMs: clock.monotonicMs() - backMs, answer: await sender.send(protocol.Ping(7)) };
    });
    expect(value.answer).toBe(7);
    expect(value.firstMs, `seed ${seed}`).toBeLessThan(BOUND_MS);
    expect(value.allMs, `seed ${seed}`).toBeLessThan(BOUND_MS + 200);
  }
});
