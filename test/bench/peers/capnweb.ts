// Cap'n Web: a method of an RpcTarget over WebSocket.
import { once } from 'node:events';
import { newWebSocketRpcSession, RpcTarget } from 'capnweb';
import { WebSocket, WebSocketServer } from 'ws';
import type { Message } from '../message.ts';
import { type BenchSystem, pooled } from '../system.ts';

class Echo extends RpcTarget {
  echo(message: Message): Message {
    return message;
  }
}

// It is written for the WebSocket of browsers, which Node 20 does not have, and looks at its constants.
Object.assign(globalThis, { WebSocket });

type BrowserSocket = Parameters<typeof newWebSocketRpcSession>[0];

export const system: BenchSystem = {
  async startServer() {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    server.on('connection', (socket) => newWebSocketRpcSession(socket as unknown as BrowserSocket, new Echo()));
    await once(server, 'listening');
    const address = server.address();
    return {
      address: { port: typeof address === 'object' && address !== null ? address.port : 0 },
      async close() {
        for (const socket of server.clients) socket.terminate();
        server.close();
      },
    };
  },
  startClient: pooled(async ({ port }) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
    await once(socket, 'open');
    const stub = newWebSocketRpcSession<Echo>(socket as unknown as BrowserSocket);
    return {
      echo: async (message) => await stub.echo(message),
      close: async () => socket.terminate(),
    };
  }),
};
