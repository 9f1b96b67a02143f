import { setTimeout as delay } from 'node:timers/promises';
import { createSender, type Inspect, type Sender, type SenderOptions, type Server, serve } from 'cmd-stream';
import { calc } from '../../e2e/support/calc.ts';
import type { InBrowser } from './chromium.ts';

/** Serves {@link calc} as a small calculator; `Wait` takes as long as it says. Closed after the test. */
export async function startServer(
  { onEnd }: InBrowser,
  inspect?: Inspect,
  port = 0,
  goClients = false,
): Promise<Server> {
  const handlers = {
    Add: ({ a, b }: { a: number; b: number }) => a + b,
    async *Countdown({ from }: { from: number }) {
      for (let n = from; n > 0; n--) {
        // A long one takes its time.
        if (from > 100) await delay(20);
        yield { n, last: n === 1 };
      }
    },
    Echo: (text: string) => text,
    Find: ({ key }: { key: string }) => ({ type: 'Missing' as const, value: { key } }),
    Fail({ message }: { message: string }): number {
      throw new Error(message);
    },
    async Wait({ ms }: { ms: number }) {
      await delay(ms);
      return ms;
    },
  };
  const server = await serve(calc, undefined, handlers, {
    port,
    goClients,
    exposeErrors: true,
    ...(inspect === undefined ? {} : { inspect }),
  });
  onEnd(() => server.close());
  return server;
}

/** A sender with two clients and a circuit breaker that opens and closes soon. Closed after the test. */
export async function startSender(
  { onEnd }: InBrowser,
  server: Server,
  inspect: Inspect,
  options: Partial<SenderOptions> = {},
): Promise<Sender<typeof calc>> {
  const sender = await createSender(calc, {
    address: server.address,
    clients: 2,
    reconnect: { initialMs: 100, maxMs: 200 },
    circuitBreaker: { windowSize: 4, openDurationMs: 400, successThreshold: 1 },
    inspect,
    ...options,
  });
  onEnd(() => sender.close());
  return sender;
}

/** Sends `Add` until `isEnough`; what becomes of it does not matter. */
export async function sendUntil(sender: Sender<typeof calc>, isEnough: () => boolean): Promise<void> {
  while (!isEnough()) {
    await sender.send(calc.Add({ a: 1, b: 1 })).catch(() => undefined);
    await delay(20);
  }
}
