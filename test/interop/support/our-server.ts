import { type CmdStreamError, type ServerOptions, serve } from '../../../src/index.ts';
import type { Server } from '../../../src/server/server.ts';
import { musInterop, plainCodecs, protobufCodec } from './codecs.ts';
import type { CodecName } from './go-peers.ts';
import { interop, protobufInterop } from './protocol.ts';
import { plainHandlers, protobufHandlers } from './service.ts';

/** What a server may be told, beside what {@link OurServer} sets itself. */
export type OurServerOptions = Pick<
  ServerOptions,
  'port' | 'tls' | 'serverInfo' | 'idleTimeoutMs' | 'goClients' | 'invoker'
> & {
  /** The type number of the first Command and the first Result, with MUS: the Go peers' `--mus-first-type`. */
  readonly musFirstType?: number;
};

/** A server of this library for the interop protocol, and what has come to pass at it. */
export class OurServer {
  /** How often each Command was executed, as a {@link GoServer} tells it. */
  readonly executed: Record<string, number> = {};
  /** How many connections were accepted. */
  accepted = 0;
  /** Why each connection was lost that was; `undefined` where the client closed it in order. */
  readonly lost: (CmdStreamError | undefined)[] = [];
  /** Why each connection was not accepted that was not. */
  readonly refused: CmdStreamError[] = [];
  /** What handlers threw. */
  readonly handlerErrors: unknown[] = [];
  #server: Server | undefined;

  static async start(codec: CodecName, options: OurServerOptions = {}): Promise<OurServer> {
    const server = new OurServer();
    await server.#listen(codec, options);
    return server;
  }

  async #listen(codec: CodecName, { musFirstType = 0, invoker, ...options }: OurServerOptions): Promise<void> {
    const all: ServerOptions = {
      exposeErrors: true,
      goClients: true,
      ...options,
      onConnection: () => this.accepted++,
      onConnectionLost: ({ error }) => this.lost.push(error),
      onAcceptError: (error) => this.refused.push(error),
      onHandlerError: (error) => this.handlerErrors.push(error),
      invoker: (command, context, next) => {
        this.executed[command.name] = (this.executed[command.name] ?? 0) + 1;
        return invoker === undefined ? next() : invoker(command, context, next);
      },
    };
    if (codec === 'protobuf') {
      this.#server = await serve(protobufInterop, undefined, protobufHandlers, { ...all, codec: protobufCodec });
    } else {
      const plain = codec === 'mus' ? musInterop(musFirstType) : plainCodecs[codec];
      this.#server = await serve(interop, undefined, plainHandlers, { ...all, codec: plain });
    }
  }

  get address(): string {
    return this.#server!.address;
  }

  get port(): number {
    return this.#server!.port;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#server!.connections;
  }

  /** Lets Commands in flight finish, then closes in order. */
  shutdown(): Promise<void> {
    return this.#server!.shutdown();
  }

  /** Closes at once. Harmless when it is closed. */
  close(): Promise<void> {
    return this.#server!.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
