import { setTimeout as delay } from 'node:timers/promises';
import { createSender, type EngineSenderOptions, type Server, type ServerOptions, serve } from 'cmd-stream';
import { type NatsConnectionOptions, natsEngine } from 'cmd-stream/nats';
import { calc } from '../../support/calc.ts';
import type { Broker } from './brokers.ts';

/** What a server under test has seen. */
export class Worker {
  server: Server | undefined;
  /** How many Commands it was given. */
  taken = 0;
  /** The contexts of Commands that wait. */
  readonly waiting: { readonly signal: AbortSignal; readonly deadline: number }[] = [];
  /** How many Results its streams were asked for. */
  streamed = 0;

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.close();
  }
}

const engineOf = (brokers: Broker | Broker[], connection: NatsConnectionOptions | undefined) =>
  natsEngine({ servers: [brokers].flat().map(({ url }) => url), service: 'calc', version: '1.2.3', connection });

/** Serves `calc` at a broker, or at the next one where that is gone. */
export async function startWorker(
  broker: Broker | Broker[],
  options: ServerOptions = {},
  connection?: NatsConnectionOptions,
): Promise<Worker> {
  const worker = new Worker();
  worker.server = await serve(
    calc,
    worker,
    {
      Add: ({ a, b }) => {
        worker.taken++;
        return a + b;
      },
      async *Countdown({ from }) {
        for (let n = from; n > 0; n--) {
          worker.streamed++;
          yield { n, last: n === 1 };
        }
      },
      Echo: (text, { metadata }) => metadata[text] ?? text,
      Find: ({ key }) => ({ type: 'Missing', value: { key } }) as const,
      Fail: ({ message }) => {
        throw new Error(message);
      },
      Wait: async ({ ms }, context) => {
        worker.taken++;
        worker.waiting.push(context);
        await delay(ms, undefined, { signal: context.signal });
        return ms;
      },
    },
    { onHandlerError: () => {}, exposeErrors: true, ...options, engine: engineOf(broker, connection) },
  );
  return worker;
}

/** Makes a sender for `calc` at a broker, or at any of several. */
export function startSender(
  broker: Broker | Broker[],
  options: Partial<EngineSenderOptions> = {},
  connection?: NatsConnectionOptions,
) {
  return createSender(calc, {
    reconnect: { initialMs: 10, maxMs: 100 },
    ...options,
    engine: engineOf(broker, connection),
  });
}
