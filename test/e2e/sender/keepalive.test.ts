import { setTimeout as sleep } from 'node:timers/promises';
import { command, createSender, defineProtocol, result, serve } from 'cmd-stream';
import { expect, it } from 'vitest';
import { expectNothingLeft } from '../support/leaks.ts';

expectNothingLeft();

const clock = defineProtocol({
  results: { Tick: result<{ n: number; last: boolean }>({ lastOne: (tick) => tick.last }) },
  commands: { Countdown: command<number>().returns('Tick') },
});

// A server closes connections from which nothing comes. It must hear a client that has nothing to say because it listens.
it('keepalive pings a server that does all the talking', async () => {
  const lost: unknown[] = [];
  async function* Countdown(from: number) {
    for (let n = from; n > 0; n--) {
      await sleep(20);
      yield { n, last: n === 1 };
    }
  }
  const onConnectionLost = ({ error }: { error: unknown }) => lost.push(error);
  await using server = await serve(clock, undefined, { Countdown }, { idleTimeoutMs: 400, onConnectionLost });
  const keepalive = { timeMs: 60, timeoutMs: 2_000 };
  await using sender = await createSender(clock, { address: server.address, keepalive });
  let results = 0;
  for await (const _ of sender.sendMulti(clock.Countdown(60))) results++;
  expect(results).toBe(60);
  expect(lost).toEqual([]);
});
