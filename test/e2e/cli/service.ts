import {
  CommandFailure,
  command,
  defineProtocol,
  type HandlerContext,
  json,
  result,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { z } from 'zod';

/** The protocol of a service that the command line does not know. */
export const orders = defineProtocol({
  results: {
    Placed: result<{ id: string }>(),
    Rejected: result<{ why: string }>(),
    Event: result<{ n: number; last: boolean }>({ lastOne: (event) => event.last }),
    Told: result<object>(),
    Done: result(),
  },
  commands: {
    Place: command(
      z.object({ sku: z.string(), count: z.int().min(1), gift: z.boolean().optional(), tags: z.array(z.string()) }),
    ).returns('Placed', 'Rejected'),
    Watch: command(z.object({ events: z.int() })).returns('Event'),
    Context: command<unknown>().returns('Told'),
    Wait: command().returns('Done'),
    Fail: command().returns('Done'),
  },
});

/**
 * Serves {@link orders}; `log` tells what became of its Commands.
 * @param padding - so many characters more each Event has.
 */
export async function serveOrders(options: ServerOptions = {}, padding = 0) {
  const log: string[] = [];
  let events = 0;
  const server = await serve(
    orders,
    undefined,
    {
      Place: ({ sku, count }) =>
        count > 10
          ? ({ type: 'Rejected', value: { why: 'too many' } } as const)
          : ({ type: 'Placed', value: { id: `${sku}-${count}` } } as const),
      async *Watch({ events: wanted }) {
        try {
          for (let n = 1; n <= wanted; n++) {
            events++;
            yield padding === 0 ? { n, last: n === wanted } : { n, last: n === wanted, padding: 'x'.repeat(padding) };
            await new Promise((resolve) => setImmediate(resolve));
          }
        } finally {
          log.push('Watch through');
        }
      },
      Context: (payload, context) => ({ payload, metadata: { ...context.metadata }, ...timeOf(context) }),
      Wait: async (_, { signal }) => {
        log.push('Wait');
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        log.push(`Wait: ${signal.reason.code}`);
      },
      Fail: () => {
        throw new CommandFailure('rate-limited', 'not so fast', { retryAfterMs: 500, details: { limit: 5 } });
      },
    },
    { codec: json(), ...options },
  );
  /** How many Events were given. */
  const given = () => events;
  return { server, log, given, address: server.address };
}

/** Whether it has a deadline, and more than 5 s of it left. */
function timeOf({ deadline }: HandlerContext<unknown>) {
  if (deadline === Number.POSITIVE_INFINITY) return { deadline: 'none' };
  return { deadline: deadline - Date.now() > 5_000 ? 'later' : 'soon' };
}
