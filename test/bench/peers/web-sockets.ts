import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { BenchServer } from '../system.ts';

/** A WebSocket server on a free port of 127.0.0.1, without compression. */
export function webSocketServer(): WebSocketServer {
  return new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
}

/** That server as the bench takes it, once it listens. */
export async function listening(server: WebSocketServer): Promise<BenchServer> {
  await once(server, 'listening');
  return {
    address: { port: (server.address() as AddressInfo).port },
    async close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}
