// grpc-js, as far as it is used here. It belongs to the peers of the bench, a package of its own that is installed on request.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PEERS } from '../../bench/places.ts';
import type { Caller, Failure } from './service.ts';

type Callback = (error: Error | null, value?: number) => void;
type Handler = (call: Call, callback: Callback) => void;

/** A call at the server. */
export interface Call {
  readonly request: number;
  write(value: number): void;
  end(): void;
}

interface GrpcServer {
  addService(service: object, handlers: Readonly<Record<string, Handler>>): void;
  bindAsync(address: string, credentials: unknown, bound: (error: Error | null, port: number) => void): void;
  tryShutdown(done: (error?: Error) => void): void;
}

interface TickStream {
  on(event: 'data', listener: (left: number) => void): this;
  on(event: 'end', listener: () => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
}

interface GrpcClient {
  waitForReady(deadline: number, ready: (error?: Error) => void): void;
  Short(id: number, options: object, callback: Callback): void;
  Long(id: number, options: object, callback: Callback): void;
  Ticks(id: number, options: object): TickStream;
  close(): void;
}

interface Grpc {
  readonly Server: new () => GrpcServer;
  readonly ServerCredentials: { createInsecure(): unknown };
  readonly credentials: { createInsecure(): unknown };
  readonly status: Readonly<Record<number, string>>;
  makeClientConstructor(service: object, name: string): new (...args: unknown[]) => GrpcClient;
}

const pack = (value: number) => Buffer.from(JSON.stringify(value));
const unpack = (bytes: Buffer) => JSON.parse(bytes.toString()) as number;
const method = (name: string, responseStream = false) => ({
  path: `/deployed.Deployed/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: pack,
  requestDeserialize: unpack,
  responseSerialize: pack,
  responseDeserialize: unpack,
});

/** The same service for grpc-js. */
export const GRPC_SERVICE = { Short: method('Short'), Long: method('Long'), Ticks: method('Ticks', true) };

/** Loads grpc-js. */
export function loadGrpc(): Grpc {
  return createRequire(join(PEERS, 'package.json'))('@grpc/grpc-js') as Grpc;
}

/** A channel to all replicas, with its defaults but for the calls going round, as they do here. */
export async function grpcCaller(ports: readonly number[], timeoutMs: number): Promise<Caller> {
  const grpc = loadGrpc();
  const Client = grpc.makeClientConstructor(GRPC_SERVICE, 'Deployed');
  const target = `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
  const client = new Client(target, grpc.credentials.createInsecure(), {
    'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    // Connections of its own: else all channels of a process share them.
    'grpc.use_local_subchannel_pool': 1,
  });
  await new Promise<void>((resolve, reject) => {
    client.waitForReady(Date.now() + timeoutMs, (error) => (error === undefined ? resolve() : reject(error)));
  });
  return {
    call: (kind, id, onTick) =>
      new Promise((resolve, reject) => {
        const options = { deadline: Date.now() + timeoutMs };
        const settle: Callback = (error) => (error === null ? resolve() : reject(error));
        if (kind === 'short') client.Short(id, options, settle);
        else if (kind === 'long') client.Long(id, options, settle);
        else client.Ticks(id, options).on('data', onTick).on('end', resolve).on('error', reject);
      }),
    describe: (error): Failure => {
      const { code } = error as { readonly code?: number };
      return {
        code: code === undefined ? String(error) : (grpc.status[code] ?? `${code}`),
        mayHaveExecuted: undefined,
      };
    },
    close: async () => client.close(),
  };
}
