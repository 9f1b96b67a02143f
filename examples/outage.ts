// A test of one's own service: a crash and a restart within a simulated minute, which takes a moment of real time.
// Run it: npx tsx examples/outage.ts
import { CmdStreamError } from 'cmd-stream';
import { simulate } from 'cmd-stream/testing';
import { Calculator, calc, handlers } from './calc.ts';

const outcome = await simulate(42, async ({ clock, network, serve, createSender }) => {
  const server = await serve(calc, () => new Calculator(), handlers, { host: 'a' });
  const sender = await createSender(calc, { address: 'a:9000', clients: 2, timeoutMs: 1_000 });
  network.inject({ kind: 'crash', server: 'a', atMs: 20_000, forMs: 5_000 });

  let answered = 0;
  const failed = new Map<string, number>();
  while (clock.monotonicMs() < 60_000) {
    try {
      if ((await sender.send(calc.Add({ a: 2, b: 3 }))) === 5) answered++;
    } catch (error) {
      const code = error instanceof CmdStreamError ? error.code : 'another';
      failed.set(code, (failed.get(code) ?? 0) + 1);
    }
    await clock.sleep(100);
  }
  return { answered, failed: [...failed.keys()].sort(), starts: server.starts };
});

const { answered, failed, starts } = outcome.value;
console.log(`${Math.floor(outcome.durationMs / 1000)} s, the server was started ${starts} times`);
console.log(`most sends were answered: ${answered > 500}; the others failed as`, failed.join(', '));
const crash = outcome.log.find(({ kind }) => kind === 'server.down');
const back = outcome.log.find(({ kind, atMs }) => kind === 'result' && atMs > (crash?.atMs ?? 0));
console.log(`down at ${crash?.atMs} ms; a Result again within 15 s: ${(back?.atMs ?? Infinity) < 35_000}`);
console.log('left behind:', outcome.left);
