import {
  command,
  createSender,
  defineProtocol,
  type MultiSendOptions,
  result,
  type SenderOptions,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { stage } from '../client/stage.ts';

export interface Row {
  readonly n: number;
  readonly text: string;
  readonly last: boolean;
}

interface Asked {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

/** Commands that are answered by `count` rows each, in all ways in which a handler may give them. */
export const lists = defineProtocol({
  results: {
    Row: result<Row>({ lastOne: (row) => row.last }),
    Value: result<unknown>(),
  },
  commands: {
    Yield: command<Asked>().returns('Row'),
    Push: command<Asked>().returns('Row'),
    Burst: command<Asked>().returns('Row'),
    Iterate: command<Asked>().returns('Row'),
    Echo: command<unknown>().returns('Value'),
  },
});

/** Type numbers of Commands of {@link lists}. */
export const [YIELD, PUSH, ECHO] = [0, 1, 4] as const;

/** What a server has done for one Command. */
export class Progress {
  /** How many rows it has given. */
  given = 0;
  /** Whether its handler is through. */
  ended = false;
  /** The code of the reason that its signal fired for. */
  stopped: string | undefined;
}

const row = ({ count, bytes }: Asked, n: number): Row => ({ n, text: 'x'.repeat(bytes), last: n === count });

/** Call it at the top of a test file, in place of {@link stage}. */
export function creditStage() {
  const { onEnd, ...rest } = stage();
  return {
    onEnd,
    ...rest,
    /** A server of {@link lists}, what it has done by the name of the Command, and how Commands ended. */
    async listing(options: ServerOptions = {}) {
      const progress: Record<string, Progress> = {};
      const done: string[] = [];
      const of = (name: string) => {
        progress[name] ??= new Progress();
        return progress[name];
      };
      const server = await serve(
        lists,
        undefined,
        {
          async *Yield(asked, { signal }) {
            const own = of(asked.name);
            signal.addEventListener('abort', () => {
              own.stopped = (signal.reason as { code?: string }).code;
            });
            try {
              for (let n = 1; n <= asked.count; n++) {
                own.given++;
                yield row(asked, n);
              }
            } finally {
              own.ended = true;
            }
          },
          async Push(asked, { proxy, signal }) {
            const own = of(asked.name);
            for (let n = 1; n <= asked.count && !signal.aborted; n++) {
              own.given++;
              await proxy.send(row(asked, n));
            }
            own.ended = true;
            return proxy;
          },
          Burst(asked, { proxy }) {
            const own = of(asked.name);
            for (let n = 1; n <= asked.count && !proxy.closed; n++) {
              own.given++;
              void proxy.send(row(asked, n));
            }
            own.ended = true;
            return proxy;
          },
          *Iterate(asked) {
            const own = of(asked.name);
            for (let n = 1; n <= asked.count; n++) {
              own.given++;
              yield row(asked, n);
            }
            own.ended = true;
          },
          Echo: (value) => value,
        },
        {
          onCommandDone: ({ command: name }, outcome, results) =>
            done.push(`${name} ${outcome === 'success' ? outcome : outcome.code} ${results}`),
          onConnectionLost: () => undefined,
          ...options,
        },
      );
      onEnd(() => server.close());
      return { server, address: server.address, of, done };
    },
    /** A sender for {@link lists}, connected, and the clients that have changed since. */
    async lister(options: SenderOptions) {
      const connections: string[] = [];
      const sender = await createSender(lists, {
        reconnect: { initialMs: 10, maxMs: 40 },
        onStatus: (event) => event.type === 'client' && connections.push(event.state),
        ...options,
      });
      onEnd(() => sender.close());
      connections.length = 0;
      return { sender, connections };
    },
  };
}

export type ListSender = Awaited<ReturnType<ReturnType<typeof creditStage>['lister']>>['sender'];
export type How = 'Yield' | 'Push' | 'Iterate';

/** A stream of rows of which the first is taken. */
export async function begun(sender: ListSender, how: How, asked: Asked, options: MultiSendOptions = {}) {
  const stream = sender.sendMulti(lists[how](asked), options);
  const first = await stream.next();
  return { stream, first: first.value as Row };
}

/** The numbers of all rows that are left. */
export async function numbersOf(stream: AsyncIterable<unknown>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const given of stream) numbers.push((given as Row).n);
  return numbers;
}

/** The numbers from `first` to `last`. */
export const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, at) => first + at);
