import { setTimeout as delay } from 'node:timers/promises';
import {
  type Codec,
  command,
  createSender,
  defineProtocol,
  type Hooks,
  json,
  result,
  type Sender,
  type SenderOptions,
  type ServerTlsOptions,
  serve,
  type Telemetry,
} from 'cmd-stream';
import { generate } from 'selfsigned';
import type { Message } from '../message.ts';
import type { BenchClient, BenchServer, BenchSystem } from '../system.ts';

const echoes = defineProtocol({
  results: { Echoed: result<Message>() },
  commands: { Echo: command<Message>().returns('Echoed') },
});

type EchoSender = Sender<typeof echoes>;

/** Room for a hundred thousand requests at once, by whatever number of connections. */
const ROOM = 200_000;

interface Variant {
  readonly sender?: Partial<SenderOptions>;
  /** At both ends. */
  readonly telemetry?: Telemetry;
  readonly codec?: Codec;
  readonly tls?: boolean;
  readonly echo?: (sender: EchoSender) => BenchClient['echo'];
}

/** The library as it comes. */
export const cmdStream = system({});

/** The library with nothing switched on that can be switched off. */
export const cmdStreamBare = system({ sender: { timeoutMs: Number.POSITIVE_INFINITY, keepalive: false } });

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

/** What an observer does at least. */
class CountingObserver {
  static seen = 0;

  next(): void {
    CountingObserver.seen++;
  }
}

/** All that protects and watches a send. */
export const EVERYTHING: Variant = {
  sender: { circuitBreaker: {}, hooks: () => new CountingHooks(), keepalive: true },
  echo: (sender) => (message) => sender.sendWithDeadline(echoes.Echo(message), Date.now() + 5_000),
};

/** The library with all of that. */
export const cmdStreamEverythingOn = system(EVERYTHING);

/** A trace and a name, as many send them along. */
const METADATA = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tenant: 'acme-corporation' };

/** The library as it comes, with metadata of two keys on each send. */
export const cmdStreamMetadata = system({
  echo: (sender) => (message) => sender.send(echoes.Echo(message), { metadata: METADATA }),
});

/** The library with JSON payloads. */
export const cmdStreamJson = system({ codec: json() });

/** The library over TLS. */
export const cmdStreamTls = system({ tls: true });

/** The library with every request shown to an observer. */
export const cmdStreamInspected = system({ sender: { inspect: { observer: new CountingObserver() } } });

/** The library with one in a hundred requests shown. */
export const cmdStreamInspected100 = system({
  sender: { inspect: { observer: new CountingObserver(), everyNth: 100 } },
});

/** A way to have the library set up. */
export function system({ sender: options = {}, telemetry, codec, tls = false, echo = justSend }: Variant): BenchSystem {
  const codecOption = { ...(codec !== undefined && { codec }), ...(telemetry !== undefined && { telemetry }) };
  return {
    async startServer(delayMs): Promise<BenchServer> {
      const identity = tls ? await makeIdentity() : undefined;
      const handler = delayMs === 0 ? (message: Message) => message : (message: Message) => delay(delayMs, message);
      const server = await serve(
        echoes,
        undefined,
        { Echo: handler },
        { ...codecOption, ...(identity && { tls: identity }), maxInFlightCommands: ROOM },
      );
      const note = identity === undefined ? {} : { note: String(identity.cert) };
      return { address: { port: server.port, ...note }, close: () => server.close() };
    },
    async startClient({ port, note }, clients) {
      const limits = { maxInFlightCommands: ROOM, maxBufferedBytes: 1 << 30 };
      const tlsOption = note === undefined ? {} : { tls: { ca: note } };
      const where = { address: `127.0.0.1:${port}`, clients };
      const sender = await createSender(echoes, { ...limits, ...codecOption, ...tlsOption, ...options, ...where });
      return { echo: echo(sender), close: () => sender.close() };
    },
  };
}

function justSend(sender: EchoSender): BenchClient['echo'] {
  return (message) => sender.send(echoes.Echo(message));
}

async function makeIdentity(): Promise<ServerTlsOptions> {
  const name = '127.0.0.1';
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: name }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}
