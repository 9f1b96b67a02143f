import {
  command,
  createSender,
  defineProtocol,
  memoryTransport,
  result,
  type SenderOptions,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { createMetrics, type Metrics } from 'cmd-stream/metrics';
import { z } from 'zod';

/** The protocol of tests that watch. */
export const shop = defineProtocol({
  name: 'shop',
  results: {
    Done: result<string>(),
    Row: result<{ n: number; last: boolean }>({ lastOne: ({ last }) => last }),
  },
  commands: {
    Echo: command<string>().returns('Done'),
    Fail: command<string>().returns('Done'),
    Checked: command(z.object({ n: z.number().positive() })).returns('Done'),
    Rows: command<number>().returns('Row'),
    Wait: command<void>().returns('Done'),
  },
});

/** A server and a sender, watched by metrics of their own. */
export async function watched(options: { sender?: Partial<SenderOptions>; server?: Partial<ServerOptions> } = {}) {
  const metrics = { sender: createMetrics(), server: createMetrics() };
  const transport = memoryTransport();
  const server = await serve(
    shop,
    null,
    {
      Echo: (text) => text,
      Fail(text) {
        throw new Error(text);
      },
      Checked: () => 'fine',
      async *Rows(count) {
        for (let n = 1; n <= count; n++) yield { n, last: n === count };
      },
      Wait: (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    },
    { transport, telemetry: metrics.server, onHandlerError: () => {}, ...options.server },
  );
  const sender = await createSender(shop, {
    address: server.address,
    transport,
    telemetry: metrics.sender,
    ...options.sender,
  }).catch(async (error: unknown) => {
    await server.close();
    throw error;
  });
  return {
    metrics,
    server,
    sender,
    async [Symbol.asyncDispose]() {
      await sender.close();
      await server.close();
    },
  };
}

/** How often calls ended, by method and code: `shop/Echo OK`. */
export function calls(metrics: Metrics, side: 'client' | 'server'): Record<string, number> {
  const family = metrics.collect().find(({ name }) => name === `rpc.${side}.call.duration`);
  if (family === undefined) return {};
  if (family.kind !== 'histogram') throw new Error(`${family.name} is no histogram`);
  return Object.fromEntries(
    family.points.map(({ attributes, value }) => [
      `${attributes['rpc.method']} ${attributes['rpc.status_code']}`,
      value.count,
    ]),
  );
}

/** The values of a family, by the value of their one attribute. */
export function values(metrics: Metrics, name: string): Record<string, number> {
  const family = metrics.collect().find((each) => each.name === name);
  if (family === undefined || family.kind === 'histogram') return {};
  return Object.fromEntries(
    family.points.map(({ attributes, value }) => [String(Object.values(attributes)[0] ?? 'all'), value]),
  );
}
