// An outage, and out of it again: keepalive, reconnecting with backoff, a circuit breaker, waiting for a ready client.
// Run it: npx tsx examples/resilient.ts
import { CmdStreamError, createSender, serve } from 'cmd-stream';
import { Calculator, calc } from './calc.ts';

const startServer = (port: number) =>
  serve(
    calc,
    new Calculator(),
    {
      Add: ({ a, b }, { receiver }) => receiver.add(a, b),
      async *Countdown({ from }) {
        for (let n = from; n > 0; n--) yield { n, last: n === 1 };
      },
    },
    { port },
  );

let server = await startServer(0);
const { port, address } = server;

await using sender = await createSender(calc, {
  address,
  clients: 2,
  keepalive: { timeMs: 1_000, timeoutMs: 500 },
  reconnect: { initialMs: 20, maxMs: 200 },
  circuitBreaker: {
    windowSize: 4,
    failureRate: 0.5,
    openDurationMs: 200,
    successThreshold: 1,
    onStateChange: (state) => console.log('circuit breaker:', state),
  },
});
console.log('2 + 3 =', await sender.send(calc.Add({ a: 2, b: 3 })));

await server.close();
for (let i = 0; i < 3; i++) {
  try {
    await sender.send(calc.Add({ a: 1, b: 1 }));
  } catch (error) {
    // Neither Command was sent, so both are safe to send again: `mayHaveExecuted` is false.
    if (error instanceof CmdStreamError) console.log(error.code, `(may have executed: ${error.mayHaveExecuted})`);
  }
}

server = await startServer(port);
await new Promise((resolve) => setTimeout(resolve, 250));
// The breaker is half-open now: this Command is its trial. It waits until a client has reconnected.
console.log('4 + 5 =', await sender.send(calc.Add({ a: 4, b: 5 }), { waitForReady: true, timeoutMs: 5_000 }));
await sender.close();
await server.close();
