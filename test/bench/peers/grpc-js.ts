// gRPC: unary calls with Protobuf; the service is defined by hand.
import {
  type Client,
  credentials,
  makeClientConstructor,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';
import { decode, encode } from './protobuf.ts';
import { echo } from './support.ts';

const service = {
  Echo: {
    path: '/bench.Bench/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: encode,
    requestDeserialize: decode,
    responseSerialize: encode,
    responseDeserialize: decode,
  },
} satisfies ServiceDefinition;

type Call = { readonly request: Message };
type Callback = (error: Error | null, message?: Message) => void;
type EchoClient = Client & { Echo(message: Message, callback: Callback): void };

export const system: BenchSystem = {
  async startServer(delayMs) {
    const server = new Server({ 'grpc.max_concurrent_streams': 2 ** 31 - 1 });
    const answer = echo(delayMs);
    server.addService(service, {
      Echo({ request }: Call, callback: Callback) {
        const answered = answer(request);
        if (answered instanceof Promise) void answered.then((late) => callback(null, late));
        else callback(null, answered);
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return { address: { port }, close: async () => server.forceShutdown() };
  },
  startClient: pooled(async ({ port }) => {
    const EchoClient = makeClientConstructor(service, 'Bench');
    // A connection of its own for each client: else all of a process share one.
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    const client = new EchoClient(`127.0.0.1:${port}`, credentials.createInsecure(), options) as unknown as EchoClient;
    await new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 10_000, (error) => (error === undefined ? resolve() : reject(error)));
    });
    return {
      echo(message) {
        return new Promise((resolve, reject) => {
          client.Echo(message, (error, echoed) => (echoed === undefined ? reject(error) : resolve(echoed)));
        });
      },
      close: async () => client.close(),
    };
  }),
};
