import {
  command,
  createSender,
  defineProtocol,
  result,
  type Sender,
  type SenderOptions,
  type ServerOptions,
  serve,
} from 'cmd-stream';

/** A service with tables: the protocol of the tests of slow consumers. */
export const rows = defineProtocol({
  results: {
    Row: result<{ n: number; text: string; last: boolean }>({ lastOne: (row) => row.last }),
    Value: result<unknown>(),
  },
  commands: {
    Table: command<{ count: number; bytes: number }>().returns('Row'),
    Echo: command<unknown>().returns('Value'),
    Wait: command<{ ms: number }>().returns('Value'),
  },
});

/** A sender of {@link rows}. */
export type RowsSender = Sender<typeof rows>;

/** What a server of tables has done. */
export interface Served {
  /** How many rows its generators have given. */
  given: number;
  /** How many of its generators have come to their end, or were left. */
  ended: number;
}

/** Serves tables; `count` rows of `bytes` bytes each, in order. */
export async function serveRows(options: ServerOptions = {}) {
  const served: Served = { given: 0, ended: 0 };
  const server = await serve(
    rows,
    null,
    {
      async *Table({ count, bytes }) {
        const text = 'x'.repeat(bytes);
        try {
          for (let n = 1; n <= count; n++) {
            served.given++;
            yield { n, text, last: n === count };
          }
        } finally {
          served.ended++;
        }
      },
      Echo: (value) => value,
      Wait: ({ ms }, { signal }) =>
        new Promise((resolve) => {
          const timer = setTimeout(resolve, ms, ms);
          signal.addEventListener('abort', () => clearTimeout(timer));
        }),
    },
    { onConnectionLost: () => undefined, ...options },
  );
  return { server, served, address: `127.0.0.1:${server.port}` };
}

/** A sender of {@link rows}, whose waits between dials are short. */
export function rowsSender(options: SenderOptions): Promise<RowsSender> {
  return createSender(rows, { reconnect: { initialMs: 10, maxMs: 40 }, ...options });
}

/** Waits until `read` stands still, and returns what it says then. */
export async function standstill(read: () => number, forMs = 150): Promise<number> {
  for (;;) {
    const before = read();
    await new Promise((resolve) => setTimeout(resolve, forMs));
    if (read() === before) return before;
  }
}
