import {
  command,
  createSender,
  defineProtocol,
  type Hooks,
  result,
  type Sender,
  type SenderOptions,
  serve,
} from 'cmd-stream';
import type { Message } from '../message.ts';
import type { BenchClient, BenchServer, BenchSystem } from '../system.ts';

const echoes = defineProtocol({
  results: { Echoed: result<Message>() },
  commands: { Echo: command<Message>().returns('Echoed') },
});

type EchoSender = Sender<typeof echoes>;

/** The library as it comes. */
export const cmdStream = system({}, (sender) => (message) => sender.send(echoes.Echo(message)));

/** The library with nothing switched on that can be switched off. */
export const cmdStreamBare = system(
  { timeoutMs: Number.POSITIVE_INFINITY, keepalive: false },
  (sender) => (message) => sender.send(echoes.Echo(message)),
);

/** What hooks do at least: count. */
class CountingHooks implements Hooks {
  static begun = 0;
  static ended = 0;

  beforeSend(): void {
    CountingHooks.begun++;
  }

  onResult(): void {
    CountingHooks.ended++;
  }
}

/** The library with all that protects and watches a send. */
export const cmdStreamEverythingOn = system(
  { circuitBreaker: {}, hooks: () => new CountingHooks(), keepalive: true },
  (sender) => (message) => sender.sendWithDeadline(echoes.Echo(message), Date.now() + 5_000),
);

function system(
  options: Omit<SenderOptions, 'address'>,
  makeEcho: (sender: EchoSender) => BenchClient['echo'],
): BenchSystem {
  return {
    startServer,
    async startClient(port) {
      const sender = await createSender(echoes, { ...options, address: `127.0.0.1:${port}` });
      return { echo: makeEcho(sender), close: () => sender.close() };
    },
  };
}

async function startServer(): Promise<BenchServer> {
  const server = await serve(echoes, undefined, { Echo: (message) => message });
  return { port: server.port, close: () => server.close() };
}
