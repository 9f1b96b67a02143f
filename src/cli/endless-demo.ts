import { setTimeout as delay } from 'node:timers/promises';
import { createSender, type Inspect, type Sender, type Server, serve } from '../index.ts';
import { Calculator, calc, handlers } from './calc.ts';
import { allReady, outcome } from './demo.ts';
import { Narrator } from './narrator.ts';
import type { Terminal } from './terminal.ts';

const CLIENTS = 4;
/** How many Commands each act sends. */
const CALM = 12;
const IN_OUTAGE = 16;

/** One demo that goes on and on: a sender, a server, and how fast they are. */
interface Stage {
  readonly sender: Sender<typeof calc>;
  readonly out: Terminal;
  /** Waits for a number of paces. Throws when the demo is to end. */
  readonly pause: (paces?: number) => Promise<void>;
}

/**
 * Scenes that `demo` shows, over and over at a pace that eyes can follow: Commands, a stream, a deadline that passes, an outage,
 * the way out of it. Resolves once `signal` has fired and all is closed.
 */
export async function endlessDemo(inspect: Inspect, paceMs: number, signal: AbortSignal, out: Terminal): Promise<void> {
  const pause = (paces = 1) => delay(paces * paceMs, undefined, { signal });
  const startServer = (port: number) => serve(calc, new Calculator(), handlers, { port, inspect });
  let server: Server = await startServer(0);
  const sender = await createSender(calc, {
    address: server.address,
    clients: CLIENTS,
    reconnect: { initialMs: 2 * paceMs, maxMs: 8 * paceMs },
    circuitBreaker: { windowSize: 6, failureRate: 0.5, openDurationMs: 6 * paceMs, successThreshold: 2 },
    keepalive: { timeMs: 10 * paceMs },
    inspect,
    onStatus: new Narrator(out).tell,
  });
  const stage: Stage = { sender, out, pause };
  try {
    for (;;) {
      await allReady(sender);
      await sendCalmly(stage, paceMs);
      out.heading('The server stops');
      await server.close();
      await sendInto(stage, IN_OUTAGE);
      out.heading('The server returns');
      server = await startServer(server.port);
      await sendUntilWell(stage);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await sender.close();
    await server.close();
  }
}

/** Single Results, a stream, and a deadline that passes. */
async function sendCalmly({ sender, out, pause }: Stage, paceMs: number): Promise<void> {
  out.heading('Commands and their Results');
  for (let n = 1; n <= CALM; n++) {
    await pause();
    if (n % 6 === 3) {
      for await (const _ of sender.sendMulti(calc.Countdown({ from: 5 }))) await pause(0.1);
    } else if (n % 6 === 5) {
      const slow = calc.AddLater({ a: n, b: n, afterMs: 2 * paceMs });
      out.line(`  AddLater, deadline in ${paceMs} ms: ${await outcome(sender.send(slow, { timeoutMs: paceMs }))}`);
    } else {
      await sender.send(calc.AddLater({ a: n, b: 1, afterMs: Math.round(0.1 * n * paceMs) }), { timeoutMs: 10_000 });
    }
  }
}

/** Sends where nobody listens: the clients back off, the circuit breaker opens. */
async function sendInto({ sender, pause }: Stage, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await outcome(sender.send(calc.Add({ a: n, b: 1 })));
    await pause(0.5);
  }
}

/** Sends until the circuit breaker has closed and every client is back. */
async function sendUntilWell({ sender, pause }: Stage): Promise<void> {
  while (sender.circuitBreaker?.state !== 'closed' || sender.status.state !== 'ready') {
    await outcome(sender.send(calc.Add({ a: 1, b: 1 })));
    await pause(0.5);
  }
}
