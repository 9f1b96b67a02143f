// Two servers and a sender over a broker of NATS, no address of a server told: one of them leaves, and nothing fails.
// A broker first, without a container: apt install nats-server && nats-server -a 127.0.0.1
// Run it: npx tsx examples/nats.ts (NATS_URL names another broker)
import { CmdStreamError, createSender, serve } from 'cmd-stream';
import { natsEngine } from 'cmd-stream/nats';
import { Calculator, calc, handlers } from './calc.ts';

const engine = natsEngine({ servers: process.env.NATS_URL ?? 'nats://127.0.0.1:4222', service: 'calc-example' });
const leaving = await serve(calc, new Calculator(), handlers, { engine });
const staying = await serve(calc, new Calculator(), handlers, { engine });
await using sender = await createSender(calc, { engine, clients: 2 });

console.log('2 + 3 =', await sender.send(calc.Add({ a: 2, b: 3 })));
for await (const { n } of sender.sendMulti(calc.Countdown({ from: 3 }))) console.log(n);

const before = Array.from({ length: 1_000 }, (_, n) => sender.send(calc.Add({ a: n, b: 1 })));
const shutdown = leaving.shutdown();
const after = Array.from({ length: 1_000 }, (_, n) => sender.send(calc.Add({ a: n, b: 1 })));
const sums = await Promise.all([...before, ...after]);
await shutdown;
console.log(`while one server left: ${sums.length} of 2000 answered`);

await staying.shutdown();
try {
  await sender.send(calc.Add({ a: 2, b: 3 }));
} catch (error) {
  if (!(error instanceof CmdStreamError)) throw error;
  console.log(`with no server left: ${error.code} (may have executed: ${error.mayHaveExecuted})`);
}
