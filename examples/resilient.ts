// An outage, and out of it again: keepalive, reconnecting with backoff, a circuit breaker, waiting for a ready client.
// Run it: npx tsx examples/resilient.ts
import { CmdStreamError, createSender, serve } from 'cmd-stream';
import { Calculator, calc, handlers } from './calc.ts';

const startServer = (port: number) => serve(calc, new Calculator(), handlers, { port });
const server = await startServer(0);

await using sender = await createSender(calc, {
  address: server.address,
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
for (let sent = 0; sent < 3; sent++) {
  try {
    await sender.send(calc.Add({ a: 1, b: 1 }));
  } catch (error) {
    // Where it is false, the server has certainly not executed the Command: it is safe to send again.
    if (error instanceof CmdStreamError) console.log(error.code, `(may have executed: ${error.mayHaveExecuted})`);
  }
}

await using _successor = await startServer(server.port);
await new Promise((resolve) => setTimeout(resolve, 250));
// The breaker is half-open now: this Command is its trial. It waits until a client has reconnected.
console.log('4 + 5 =', await sender.send(calc.Add({ a: 4, b: 5 }), { waitForReady: true, timeoutMs: 5_000 }));
await sender.drain();
