import { command, defineProtocol, memoryTransport, result, type Server, type ServerOptions, serve } from 'cmd-stream';
import { RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import { encodeHello } from '../../../src/wire/extension/introduction.ts';
import type {
  ByteStream,
  Listener,
  ListenerEvents,
  ListenOptions,
  Transport,
} from '../../../src/wire/transport/transport.ts';
import { RawClient } from '../../e2e/server/raw-client.ts';
import { codeOf } from './client-model.ts';
import { controlFrame } from './control-frames.ts';
import type { Stage } from './network.ts';
import type { Inspector } from './taken.ts';
import { WrittenFrames } from './written-frames.ts';

const PORT = 9000;
const protocol = defineProtocol({
  results: { Value: result<number>() },
  commands: { Wait: command<number>().returns('Value') },
});

/** What a transport of the user's may do when it is told to stop. */
export type Manners = 'closes' | 'rejects' | 'hangs';

interface StageOptions {
  readonly manners?: Manners;
  /** How much the network takes of what the client does not read. */
  readonly maxInFlightBytes?: number;
}

/** The in-memory transport, as well-behaved as the test says. */
class MannersTransport implements Transport {
  readonly name = 'memory';
  /** Whether the streams that come now never say that they are closed. */
  stuck = false;
  /** What the server has written. */
  readonly written = new WrittenFrames();
  #closed = 0;
  readonly #inner: Transport;
  readonly #manners: Manners;

  constructor(stage: Stage, manners: Manners, maxInFlightBytes: number) {
    this.#inner = memoryTransport({ defer: stage.defer, maxInFlightBytes });
    this.#manners = manners;
  }

  connect(address: string, signal: AbortSignal): Promise<ByteStream> {
    return this.#inner.connect(address, signal);
  }

  async listen(options: ListenOptions, events: ListenerEvents): Promise<Listener> {
    const listener = await this.#inner.listen(options, {
      ...events,
      connection: (stream) => events.connection(this.written.of(this.stuck ? neverClosed(stream) : stream)),
    });
    const close = async () => {
      // A machine that stops again and again within one turn would never let that turn end.
      if (this.#manners === 'hangs' || ++this.#closed > 20) return new Promise<never>(() => {});
      await listener.close();
      if (this.#manners === 'rejects') throw new Error('it is closed, and says that it is not');
    };
    return { address: listener.address, close };
  }
}

function neverClosed(stream: ByteStream): ByteStream {
  return new Proxy(stream, {
    get(target, key) {
      if (key === 'open') {
        return (consumer: Parameters<ByteStream['open']>[0]) =>
          target.open({ data: (bytes) => consumer.data(bytes), drained: () => consumer.drained(), closed: () => {} });
      }
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** One client, that reads or does not, and the handler of the Command that it sends. */
export class RawConnection {
  readonly stream: ByteStream;
  received = 0;
  closed = false;
  #stopsAfterOne = false;

  constructor(stream: ByteStream, reads: boolean) {
    this.stream = stream;
    stream.open({
      data: (bytes) => {
        this.received += bytes.length;
        if (this.#stopsAfterOne) stream.pause();
      },
      drained: () => {},
      closed: () => {
        this.closed = true;
      },
    });
    if (!reads) stream.pause();
  }

  /** Takes what the network has for it, and no more. */
  readOnce(): void {
    this.#stopsAfterOne = true;
    this.stream.resume();
  }
}

/** A server and what it meets. */
export class ServerStage {
  readonly transport: MannersTransport;
  /** Not there where it cannot listen. */
  server: Server | undefined;
  failure: string | undefined;
  client: RawConnection | undefined;
  executed = 0;
  /** How many connections the operator was told of. */
  admitted = 0;
  /** Why connections were lost, as the operator is told. */
  readonly lost: (string | undefined)[] = [];
  /** What the operator does when a connection comes, or is lost. */
  onConnection: ((server: Server) => void) | undefined;
  onLost: ((server: Server) => void) | undefined;
  readonly #signals: AbortSignal[] = [];
  /** The handlers that are running. */
  readonly running: { readonly seq: number; answer(): void; fail(error: Error): void }[] = [];
  done = false;
  readonly #stage: Stage;

  constructor(stage: Stage, { manners = 'closes', maxInFlightBytes = 65_536 }: StageOptions = {}) {
    this.#stage = stage;
    this.transport = new MannersTransport(stage, manners, maxInFlightBytes);
  }

  /** Starts the server; `taken` has another one listen there already. */
  async start(inspector: Inspector, options: ServerOptions, taken = false): Promise<void> {
    const { clock, defer } = this.#stage;
    if (taken) {
      const nobody = { connection: () => {}, acceptError: () => {} };
      const place = { host: 'localhost', port: PORT, handshakeTimeoutMs: 1, maxConnections: 1 };
      await this.transport.listen(place, nobody);
    }
    const handlers = {
      Wait: (value: number, context: { readonly signal: AbortSignal }) => {
        this.executed++;
        this.#signals.push(context.signal);
        return new Promise<number>((resolve, reject) => {
          this.running.push({ seq: this.executed, answer: () => resolve(value), fail: reject });
        });
      },
    };
    const starting = serve(protocol, null, handlers, {
      host: 'localhost',
      port: PORT,
      transport: this.transport,
      clock,
      defer,
      inspect: inspector.inspect,
      exposeErrors: true,
      maxFrameBytes: 500,
      onConnection: () => {
        this.admitted++;
        this.onConnection?.(this.server as Server);
      },
      onConnectionLost: ({ error }) => {
        this.lost.push(codeOf(error));
        this.onLost?.(this.server as Server);
      },
      ...options,
    });
    starting.then(
      (server) => {
        this.server = server;
        void server.done.then(() => {
          this.done = true;
        });
      },
      (error) => {
        this.failure = codeOf(error);
      },
    );
    await this.#stage.settle();
  }

  async connect(reads: boolean): Promise<void> {
    const connecting = this.transport.connect(`localhost:${PORT}`, new AbortController().signal);
    await this.#stage.settle();
    const stream = await Promise.race([connecting, this.#stage.settle()]);
    this.client = stream === undefined ? undefined : new RawConnection(stream, reads);
    await this.#stage.settle();
  }

  command(type = 0): void {
    this.client?.stream.write(RawClient.command(this.executed + 1, type, 1));
  }

  /** Says who it is. */
  hello(): void {
    const hello = {
      timeoutMs: Number.POSITIVE_INFINITY,
      metadata: { name: 'somebody' },
      version: '0',
      describe: false,
    };
    this.client?.stream.write(controlFrame(RESERVED_TYPES.hello, encodeHello(hello)));
  }

  /** Gives up the Command that is running. */
  cancel(): void {
    this.client?.stream.write(controlFrame(RESERVED_TYPES.cancel, undefined, this.running.at(-1)?.seq));
  }

  /** Whether somebody who comes now is served. */
  async tryToConnect(): Promise<string> {
    const connecting = this.transport.connect(`localhost:${PORT}`, new AbortController().signal);
    let stream: ByteStream | undefined;
    connecting.then(
      (connected) => {
        stream = connected;
      },
      () => {},
    );
    await this.#stage.settle();
    if (stream === undefined) return 'refused';
    const client = new RawConnection(stream, true);
    await this.#stage.settle();
    return client.received > 0 ? 'served' : 'refused';
  }

  /** What fired at the handler, if anything. */
  get aborted(): string | undefined {
    return codeOf(this.#signals.find(({ aborted }) => aborted)?.reason);
  }

  async end(): Promise<void> {
    this.client?.stream.destroy();
    void this.server?.close();
    for (const { answer } of this.running) answer();
    await this.#stage.pass(5_000);
  }
}
