import { rm } from 'node:fs/promises';
import type { SenderOptions, ServerOptions } from 'cmd-stream';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { gate } from '../../e2e/server/raw-client.ts';
import { codecOf, type Format, installed, type Library, NEW, payloads, protocolOf } from './libraries.ts';

/** Which end is the published one. */
export const DIRECTIONS = ['an old sender and a new server', 'a new sender and an old server'] as const;
export type Direction = (typeof DIRECTIONS)[number];

/** The error that a send of either copy of the library fails with. */
export async function failureOf(promise: Promise<unknown>) {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
  const { code, mayHaveExecuted, retryable, failure, details, message, retryAfterMs } = outcome as Record<
    string,
    unknown
  >;
  return { code, mayHaveExecuted, retryable, failure, details, message, retryAfterMs };
}

/** Call it at the top of a test file: servers and senders of the published package and of this one. */
export function publishedStage() {
  let old: Library;
  let folder = '';
  const closes: (() => unknown)[] = [];
  beforeAll(async () => {
    ({ library: old, folder } = await installed());
  });
  afterEach(async () => {
    for (const close of closes.splice(0).reverse()) await close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const libraries = (direction: Direction) =>
    direction === DIRECTIONS[0] ? { ofSender: old, ofServer: NEW } : { ofSender: NEW, ofServer: old };

  /** A server: `Delay` of less than 0 ends once `through` is open, or its signal has fired. */
  async function serving(library: Library, format: Format, options: ServerOptions = {}) {
    const { main } = library;
    const { whole, of } = payloads(format);
    const through = gate();
    const log: string[] = [];
    const came = { connections: 0, lost: 0 };
    const server = await main.serve(
      protocolOf(library),
      undefined,
      {
        Add: ({ a, b }) => of('Sum', { value: whole(Number(a) + Number(b)) }),
        async *Countdown({ from }) {
          try {
            for (let n = Number(from); n > 0; n--) yield of('Tick', { n: whole(n), last: n === 1 });
          } finally {
            log.push(`counted from ${from}`);
          }
        },
        Fail: ({ message }) => {
          if (message === 'meant') {
            throw new main.CommandFailure('conflict', 'not so', {
              details: { at: 5 },
              retryAfterMs: 70,
              mayHaveExecuted: false,
            });
          }
          throw new Error(message);
        },
        Delay: async ({ ms }, { signal }) => {
          log.push(`delay ${ms}`);
          const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
          const waited = Number(ms) < 0 ? through.promise : new Promise((resolve) => setTimeout(resolve, Number(ms)));
          await Promise.race([aborted, waited]);
          return of('Sum', { value: ms });
        },
        Find: ({ key }) => of('Sum', { value: whole(key.length) }),
      },
      {
        codec: codecOf(library, format),
        onHandlerError: () => {},
        onConnection: () => {
          came.connections++;
        },
        onConnectionLost: () => {
          came.lost++;
        },
        ...options,
      },
    );
    closes.push(() => server.close());
    closes.push(() => through.open());
    return { server, address: server.address, through, log, came };
  }

  async function sending(library: Library, format: Format, options: SenderOptions) {
    const calc = protocolOf(library);
    const { whole, of } = payloads(format);
    const sender = await library.main.createSender(calc, {
      codec: codecOf(library, format),
      reconnect: { initialMs: 10, maxMs: 40 },
      timeoutMs: 60_000,
      ...options,
    });
    closes.push(() => sender.close());
    return {
      sender,
      add: async (a: number, b: number) =>
        Number((await sender.send(calc.Add(of('Add', { a: whole(a), b: whole(b) })))).value),
      countdown: (from: number) => calc.Countdown(of('Countdown', { from: whole(from) })),
      fail: (message: string) => calc.Fail(of('Fail', { message })),
      delay: (ms: number) => calc.Delay(of('Delay', { ms: whole(ms) })),
      find: (key: string) => calc.Find(of('Find', { key })),
    };
  }

  return {
    libraries,
    serving,
    sending,
    /** Both ends, connected. */
    async pair(
      direction: Direction,
      format: Format,
      options: { server?: ServerOptions; sender?: Partial<SenderOptions> } = {},
    ) {
      const { ofSender, ofServer } = libraries(direction);
      const served = await serving(ofServer, format, options.server);
      const sent = await sending(ofSender, format, { address: served.address, ...options.sender });
      return { ...served, ...sent };
    },
  };
}
