import {
  CmdStreamError,
  command,
  createSender,
  defineProtocol,
  type HandlerContext,
  memoryTransport,
  result,
  type SenderOptions,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import type { Schema } from '../../../src/protocol/definitions.ts';
import { stage } from '../client/stage.ts';
import { gate } from '../server/raw-client.ts';
import { makeCertificates } from '../support/certificates.ts';

/** How long the schema of `Checked` takes: until the gate is opened. */
export const slowly = { gate: gate() };

const slowText: Schema<string, string> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value) => {
      await slowly.gate.promise;
      return { value: value as string };
    },
  },
};

/** The protocol that tests of the wire extension speak. */
export const work = defineProtocol({
  results: {
    Text: result<string>(),
    Row: result<{ n: number; last: boolean }>({ lastOne: (row) => row.last }),
  },
  commands: {
    Echo: command<string>().returns('Text'),
    Wait: command<string>().returns('Text'),
    Rows: command<string>().returns('Row'),
    Watch: command<string>().returns('Row'),
    Push: command<string>().returns('Row'),
    Checked: command(slowText).returns('Text'),
  },
});

/** Type numbers of the Commands of {@link work}. */
export const [ECHO, WAIT, ROWS, WATCH, PUSH, CHECKED] = [0, 1, 2, 3, 4, 5] as const;

/** The ways that a test is run over. */
export const WAYS = ['tcp', 'tls', 'memory'] as const;
export type Way = (typeof WAYS)[number];

/** Options of both ends for a way. */
export async function over(way: Way): Promise<{ server: ServerOptions; sender: Partial<SenderOptions> }> {
  if (way === 'tcp') return { server: {}, sender: {} };
  if (way === 'memory') {
    const transport = memoryTransport();
    return { server: { transport }, sender: { transport } };
  }
  const { server, ca } = await makeCertificates();
  return { server: { tls: server }, sender: { tls: { ca } } };
}

/** The code of the reason that a signal fired for. */
export const reasonOf = (signal: AbortSignal): string =>
  signal.reason instanceof CmdStreamError ? signal.reason.code : String(signal.reason);

/** Call it at the top of a test file, in place of {@link stage}. */
export function workStage() {
  const { onEnd, ...rest } = stage();
  return {
    onEnd,
    ...rest,
    /**
     * A server of {@link work}, and what became of its Commands, in order. `Wait` ends once its signal has fired and `through` is
     * open, `Rows` goes on for ever, `Watch` waits within, `Push` leaves all to its proxy.
     */
    async working(options: ServerOptions = {}) {
      const log: string[] = [];
      const contexts: Record<string, HandlerContext<unknown>> = {};
      const proxies: Record<string, { readonly closed: boolean; send(row: { n: number; last: boolean }): unknown }> =
        {};
      const through = gate();
      const done: string[] = [];
      const note = (name: string, text: string, context: HandlerContext<unknown>) => {
        const { signal } = context;
        contexts[text] = context;
        log.push(`${name} ${text}`);
        signal.addEventListener('abort', () => log.push(`${name} ${text} ${reasonOf(signal)}`));
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      };
      const server = await serve(
        work,
        undefined,
        {
          Echo: (text, context) => {
            void note('Echo', text, context);
            return text;
          },
          Wait: async (text, context) => {
            await note('Wait', text, context);
            await through.promise;
            log.push(`Wait ${text} through`);
            return text;
          },
          async *Rows(text, context) {
            void note('Rows', text, context);
            try {
              for (let n = 0; ; n++) {
                yield { n, last: false };
                await new Promise((resolve) => setImmediate(resolve));
              }
            } finally {
              log.push(`Rows ${text} through`);
            }
          },
          async *Watch(text, context) {
            yield { n: 0, last: false };
            await note('Watch', text, context);
            log.push(`Watch ${text} through`);
            yield { n: 1, last: true };
          },
          Push: (text, context) => {
            void note('Push', text, context);
            proxies[text] = context.proxy;
            void context.proxy.send({ n: 0, last: false });
            return context.proxy;
          },
          Checked: (text, context) => {
            void note('Checked', text, context);
            return text;
          },
        },
        {
          onCommandDone: ({ command: name, seq }, outcome) =>
            done.push(`${name} ${seq} ${outcome === 'success' ? outcome : outcome.code}`),
          ...options,
        },
      );
      onEnd(() => server.close());
      onEnd(() => through.open());
      return { server, address: server.address, log, contexts, proxies, through, done };
    },
    /** A sender for {@link work}, connected. */
    async workSender(options: SenderOptions) {
      const sender = await createSender(work, { reconnect: { initialMs: 10, maxMs: 40 }, ...options });
      onEnd(() => sender.close());
      return sender;
    },
  };
}
