// Connect for Node over HTTP/2 without TLS, by its own protocol and by gRPC's.
import { createServer, type Http2Session } from 'node:http2';
import { createClient, type Transport } from '@connectrpc/connect';
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import { type BenchSystem, pooled } from '../system.ts';
import { EchoService, fromWire, toWire } from './protobuf.ts';
import { listen } from './support.ts';

/** By the Connect protocol. */
export const connectProtocol = connectSystem((baseUrl, sessionManager) =>
  createConnectTransport({ baseUrl, httpVersion: '2', sessionManager }),
);

/** By gRPC. */
export const grpcProtocol = connectSystem((baseUrl, sessionManager) =>
  createGrpcTransport({ baseUrl, sessionManager }),
);

function connectSystem(makeTransport: (baseUrl: string, sessions: Http2SessionManager) => Transport): BenchSystem {
  return {
    async startServer() {
      const sessions = new Set<Http2Session>();
      const routes = connectNodeAdapter({
        routes: (router) => router.service(EchoService, { echo: (message) => message }),
      });
      const server = createServer({ settings: { maxConcurrentStreams: 2 ** 31 - 1 } }, routes);
      server.on('session', (session) => sessions.add(session.on('close', () => sessions.delete(session))));
      const port = await listen(server);
      return {
        address: { port },
        async close() {
          server.close();
          for (const session of sessions) session.destroy();
        },
      };
    },
    startClient: pooled(async ({ port }) => {
      const baseUrl = `http://127.0.0.1:${port}`;
      const sessions = new Http2SessionManager(baseUrl);
      const client = createClient(EchoService, makeTransport(baseUrl, sessions));
      return {
        echo: async (message) => fromWire(await client.echo(toWire(message))),
        close: async () => sessions.abort(),
      };
    }),
  };
}
